"""The pages of a pod: the server renders them, and every one works without a script."""
