"""Lenses: what a reader may look through, and what each says of a target."""
