"""A poll's result in one file, with all that it follows from, and the check that needs nothing but the file."""
