"""Recovery by the 24 words: of a person, and of a group whose quorum is gone."""
