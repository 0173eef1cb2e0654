"""Pictures as SVG, each with its conclusion in words and the same as a table."""
