"""What a pod remembers: tables, and the queries on them. Rows stay in here; values go out."""
