"""Accounts from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from models.people.accounts import Account, list_accounts
from pod.actions.groups.founding import sign_up
from pod.cli.base import run_action
from pod.cli.options import as_json, configuration, data_option, json_option
from pod.deps import Deps

PAGE = 500


@click.group()
def user() -> None:
    """People at home on this pod."""


@user.command(name="create")
@data_option
@click.argument("name")
@click.option("--token", is_flag=True, help="Print an API token, too.")
@click.option("--decide", is_flag=True, help="The token may vote and delegate; for twelve hours without another proof.")
def create_user(data: Path, name: str, *, token: bool, decide: bool) -> None:
    """Open an account; prints the 24 words that recover it, once."""

    async def act(deps: Deps) -> dict[str, Any]:
        signed_up = await sign_up(deps, name, decides=token and decide)
        told = {"name": name, "personal_group": signed_up.personal_group, "phrase": signed_up.phrase}
        return {**told, "token": signed_up.token} if token else told

    click.echo(as_json(run_action(configuration(data), act)))


@user.command(name="list")
@data_option
@json_option
def list_users(data: Path, *, json: bool) -> None:
    """Everybody at home here, by name."""

    async def act(deps: Deps) -> list[Account]:
        accounts: list[Account] = []
        async with deps.store.database.read() as session:
            while page := await list_accounts(session, PAGE, after=accounts[-1].name if accounts else ""):
                accounts += page
        return accounts

    people = [
        {
            "name": account.name,
            "personal_group": account.personal_group,
            "created": account.created_at,
            "disabled": account.disabled,
        }
        for account in run_action(configuration(data), act)
    ]
    if json:
        click.echo(as_json(people))
        return
    for person in people:
        click.echo(f"{person['name']:30} {person['personal_group']}{'  disabled' if person['disabled'] else ''}")


COMMANDS = (user,)
