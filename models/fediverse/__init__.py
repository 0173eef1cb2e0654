"""Actors of other servers: keys, followers, deliveries."""
