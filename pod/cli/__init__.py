"""`pod`: the operator's commands."""

from __future__ import annotations

import click

from pod.cli import demo, doctor, groups, hosts, life, people, recovery, settings


@click.group()
def main() -> None:
    """Run and look after a pod."""


for area in (life, settings, doctor, people, groups, hosts, recovery, demo):
    for command in area.COMMANDS:
        main.add_command(command)
