"""Accounts that move: what of an account stands in which table, and copies of accounts of other pods."""
