"""Measurements: each beside the limit of its primitives, taken in the same run; `python3 dev.py bench [name …]`."""
