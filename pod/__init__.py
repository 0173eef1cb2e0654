"""The pod serves: HTTP, pages, commands, jobs and the use cases they call."""
