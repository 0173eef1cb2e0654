"""Backups: all that a pod is in one file, made while it serves; checked, and brought back into an empty folder."""
