"""Actors and posts for other software: documents, followers, look-ups."""
