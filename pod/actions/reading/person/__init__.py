"""People: home, profile, follows, own hides."""
