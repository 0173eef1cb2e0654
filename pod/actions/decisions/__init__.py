"""A group decides: polls are opened, ballots cast, and what they decide is counted from the records alone."""
