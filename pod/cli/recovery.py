"""Recovery by commands: they ask for the 24 words and never take them as arguments, which others could read."""

from __future__ import annotations

import socket
from pathlib import Path

import click
import msgspec

from models.people.accounts import Account, load_account_by_recovery
from pod.actions.handover.renew_key import retire_seats
from pod.actions.recovery.known_groups import RecoveryWhereabouts
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_group import Recovery, recover_group
from pod.actions.recovery.recover_person import Recovered, recover
from pod.cli.base import run_action
from pod.cli.groups import group_commands
from pod.cli.options import configuration, data_option
from pod.cli.people import user
from pod.config import Config
from pod.deps import Deps
from pod.keyring import renew_pod_key
from pod.rules.accounts import AccountRule
from protocol.errors import PhraseError
from protocol.ids import parse_id


@user.command(name="recover")
@data_option
@click.argument("name")
@click.option("--group", "groups", nargs=2, multiple=True, metavar="ID POD", help="A group, and a pod that holds it.")
@click.option(
    "--private-group",
    "private",
    type=(str, str, click.IntRange(min=0)),
    multiple=True,
    metavar="ID POD RECOVERY",
    help="A private one, and which recovery key is used there (`recovery` of /api/v1/me).",
)
def recover_user(
    data: Path, name: str, groups: tuple[tuple[str, str], ...], private: tuple[tuple[str, str, int], ...]
) -> None:
    """Make this pod the home of the person who has the 24 words; prints a token, once."""
    config = _idle(data)
    places = [RecoveryWhereabouts(parse_id(own_id), pod) for own_id, pod in groups]
    closed = [RecoveryWhereabouts(parse_id(own_id), pod, key) for own_id, pod, key in private]
    keys = _asked()

    async def act(deps: Deps) -> Recovered:
        return await recover(deps, name, keys, [*places, *closed])

    click.echo(msgspec.json.encode(run_action(config, act)))


@group_commands.command(name="recover")
@data_option
@click.argument("own_id", metavar="GROUP")
@click.option("--keeper", "keepers", type=int, multiple=True, help="A member number; default: the present keepers.")
def recover_lost_group(data: Path, own_id: str, keepers: tuple[int, ...]) -> None:
    """Take a group over whose keepers' pods are gone for good, by the 24 words of a keeper at home here."""
    config = _idle(data)
    keys = _asked()

    async def act(deps: Deps) -> Recovery:
        return await recover_group(deps, await _account(deps, keys), parse_id(own_id), keys, list(keepers) or None)

    click.echo(msgspec.json.encode(run_action(config, act)))


@click.command(name="renew-key")
@data_option
def renew_key(data: Path) -> None:
    """After a restore from a backup: draw a new pod key; by the former one this pod signs nothing any more."""
    config = _idle(data)
    renew_pod_key(config.key_file)
    run_action(config, retire_seats)
    click.echo("The pod has a new key. Once it is served, its members move to it; then keepers name it by a handover.")


async def _account(deps: Deps, keys: RecoveryKeys) -> Account:
    async with deps.store.database.read() as session:
        account = await load_account_by_recovery(session, tuple(keys.numbers))
    if account is None:
        raise AccountRule.NOBODY_WITH_PHRASE.error()
    return account


def _asked() -> RecoveryKeys:
    try:
        return RecoveryKeys(click.prompt("Recovery phrase", hide_input=True, err=True))
    except PhraseError as error:
        raise click.ClickException(str(error)) from error


def _idle(data: Path) -> Config:
    """The configuration, unless the pod is being served: that process keeps the chains in mind and would not see."""
    config = configuration(data)
    try:
        socket.create_connection((config.server.listen, config.server.port), timeout=1).close()
    except OSError:
        return config
    raise click.ClickException("The pod is being served: stop it first, or use its API (docs/api.md).")


COMMANDS = (renew_key,)
