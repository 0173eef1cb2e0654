"""Accounts from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pod.actions.founding import sign_up
from pod.cli.base import configuration, data_option, run_action
from pod.deps import Deps


@click.group()
def user() -> None:
    """People at home on this pod."""


@user.command(name="create")
@data_option
@click.argument("name")
@click.option("--token", is_flag=True, help="Print an API token, too.")
def create_user(data: Path, name: str, *, token: bool) -> None:
    """Open an account; prints the 24 words that recover it, once."""

    async def act(deps: Deps) -> dict[str, Any]:
        signed_up = await sign_up(deps, name)
        told = {"name": name, "personal_group": signed_up.personal_group, "phrase": signed_up.phrase}
        return {**told, "token": signed_up.token} if token else told

    click.echo(json.dumps(run_action(configuration(data), act)))


COMMANDS = (user,)
