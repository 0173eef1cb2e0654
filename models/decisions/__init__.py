"""What decisions store: polls, ballots, and where in its chain a group opened a poll."""
