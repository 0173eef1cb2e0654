"""`pod`: the operator's commands."""

from __future__ import annotations

import click

from pod.cli import hosts, life, people


@click.group()
def main() -> None:
    """Run and look after a pod."""


for area in (life, people, hosts):
    for command in area.COMMANDS:
        main.add_command(command)
