"""The closed union of records: envelope, chain, operations, content."""
