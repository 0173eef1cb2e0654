"""Decisions decide: polls, delegation and counting, as pure functions of records."""
