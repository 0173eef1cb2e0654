"""An account as one file: a zip that programs read, and people without any program."""
