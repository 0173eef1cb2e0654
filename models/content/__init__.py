"""What members wrote and what folding makes of it: posts, votes, feeds, search."""
