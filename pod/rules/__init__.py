"""The rules by which a pod refuses: one enum for each area, with the sentences beside the rules."""
