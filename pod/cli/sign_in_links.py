"""Commands that help people in: sign-in links, admins, lost second factors. The audit keeps each act."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from models.people.accounts import Account, load_account_named
from pod.actions.accounts.sign_in import make_sign_in_link
from pod.actions.admin.people import promote, reset_second_factor, thaw
from pod.cli.base import run_action
from pod.cli.options import configuration, data_option
from pod.cli.people import user
from pod.deps import Deps
from pod.rules.accounts import AccountRule


@user.command(name="link")
@data_option
@click.argument("name")
def link(data: Path, name: str) -> None:
    """Print a link that signs somebody in, once, within ten minutes."""

    async def act(deps: Deps, account: Account) -> str:
        return f"{deps.identity.base_url}/sign-in/link/{await make_sign_in_link(deps, account)}"

    click.echo(_for(data, name, act))


@user.command(name="promote")
@data_option
@click.argument("name")
def promote_user(data: Path, name: str) -> None:
    """Let somebody run the pod in the browser."""

    async def act(deps: Deps, account: Account) -> str:
        await promote(deps, account)
        return f"{name} is an admin now."

    click.echo(_for(data, name, act))


@user.command(name="reset-2fa")
@data_option
@click.argument("name")
def reset(data: Path, name: str) -> None:
    """Forget somebody's authenticator, recovery codes and passkeys, and end their sessions."""

    async def act(deps: Deps, account: Account) -> str:
        await reset_second_factor(deps, account)
        return f"{name} signs in by mail alone now; all sessions are ended."

    click.echo(_for(data, name, act))


@user.command(name="thaw")
@data_option
@click.argument("name")
def thaw_user(data: Path, name: str) -> None:
    """Let somebody vote and delegate again who said that it wasn't them, and who lost the 24 words."""

    async def act(deps: Deps, account: Account) -> str:
        await thaw(deps, account)
        return f"{name} may vote and delegate again."

    click.echo(_for(data, name, act))


def _for(data: Path, name: str, act: Callable[[Deps, Account], Awaitable[str]]) -> str:
    async def found(deps: Deps) -> str:
        async with deps.store.database.read() as session:
            account = await load_account_named(session, name)
        if account is None:
            raise AccountRule.NOBODY_CALLED.error(name=name)
        return await act(deps, account)

    return run_action(configuration(data), found)


COMMANDS = ()
