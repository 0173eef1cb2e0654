"""The two databases, the one writer, and column types alike on both."""
