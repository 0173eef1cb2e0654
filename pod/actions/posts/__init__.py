"""Posts, votes and marks: drafted, signed, appended."""
