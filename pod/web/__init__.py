"""Plain pages, rendered here, that show without any script what the API shows."""
