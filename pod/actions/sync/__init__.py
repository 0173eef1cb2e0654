"""Sync: pulled from and served to other pods, pushed after each commit."""
