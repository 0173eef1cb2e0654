"""Handovers: proposed, countersigned, and a new seat key after a restore."""
