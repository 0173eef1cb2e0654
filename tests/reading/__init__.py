"""Who reads what: canaries, a house full of them, and readers who walk through it."""
