"""Use cases: each asks, decides and acts in one write."""
