"""`python -m pod` is the `pod` command."""

from pod.cli import main

main(prog_name="pod")
