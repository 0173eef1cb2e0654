"""Chains on this pod: the writing door, views, sealing, receipts, evidence."""
