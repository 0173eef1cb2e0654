"""Chains, records, log tiles, seats, what waits, and how far others were pulled."""
