"""Groups: founding, membership, subscriptions, pasted links."""
