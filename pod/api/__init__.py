"""The JSON API and the pull endpoints."""
