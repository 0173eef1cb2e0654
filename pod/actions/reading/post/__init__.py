"""Posts: lists, text in a lens, history, votes, explanations."""
