"""The house rules, held by machine."""
