"""Moderation judges: scores, lenses and their explanations, as pure functions of records."""
