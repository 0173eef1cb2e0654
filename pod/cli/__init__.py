"""`pod`: the operator's commands, each imported when it is called: all of them together take a second."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

import click

from pod.cli.machine_faults import machine_faults, plainly

AREAS: Final = {
    "init": "init",
    "setup-link": "init",
    "serve": "serve",
    "migrate": "database",
    "rebuild": "database",
    "backup": "backups",
    "restore": "backups",
    "config": "settings",
    "mail": "mails",
    "doctor": "doctor",
    "user": "people",
    "group": "groups",
    "host": "hosts",
    "queue": "hosts",
    "peers": "peers",
    "renew-key": "recovery",
    "demo": "demo",
    "poll": "polls",
    "decisions": "polls",
    "verify-result": "results",
    "verify-archive": "archives",
    "look-at": "foreign_files",
    "import": "imports",
}
# All that the pod writes is for its own user alone: the database, its log, copies, mails' secrets.
PRIVATE_UMASK: Final = 0o077
# Whose subcommands stand in more than one module.
ALSO: Final = {"user": ("recovery", "sign_in_links", "archives", "moves"), "group": ("recovery",)}


class Lazily(click.Group):
    """A group whose commands lie in modules of their own, by name; what a machine refuses is told in a sentence."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. A fault of the disk, a port, a key or the database isn't one of the program."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if not isinstance(error, machine_faults()):
                raise
            raise click.ClickException(plainly(error)) from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click calls it so)
        """The names, in the order in which an operator meets them."""
        return list(AREAS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in AREAS:
            return None
        for module in ALSO.get(cmd_name, ()):
            import_module(f"pod.cli.{module}")
        area = import_module(f"pod.cli.{AREAS[cmd_name]}")
        found: click.Command = next(command for command in area.COMMANDS if command.name == cmd_name)
        return found


@click.group(cls=Lazily)
def main() -> None:
    """Run and look after a pod."""
    os.umask(PRIVATE_UMASK)
    # Read when NumPy is imported. More threads of its linear algebra would take memory, and wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
