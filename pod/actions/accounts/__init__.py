"""Accounts: signing up and in, codes, factors, sessions, tokens."""
