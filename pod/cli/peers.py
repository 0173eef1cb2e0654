"""Servers with which this pod has nothing to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from models.pod.blocked_hosts import BlockedHost
from pod.actions.admin.blocked_hosts import block_host, read_blocked, unblock_host
from pod.actions.admin.people import Deed
from pod.actions.audit import COMMAND_LINE
from pod.cli.base import run_action
from pod.cli.options import as_json, configuration, data_option, json_option
from pod.deps import Deps


@click.group()
def peers() -> None:
    """Servers that are blocked."""


@peers.command()
@data_option
@click.argument("host")
@click.option("--allow-moves", is_flag=True, help="Accounts may move between that server and this one all the same.")
@click.option("--why", default="", help="For the audit.")
def block(data: Path, host: str, why: str, *, allow_moves: bool) -> None:
    """Have nothing to do with a host, and all below it; a pod that serves sees it at once."""

    async def act(deps: Deps) -> None:
        await block_host(deps, host, Deed(COMMAND_LINE, why), allows_moves=allow_moves)

    run_action(configuration(data), act)


@peers.command()
@data_option
@click.argument("host")
def unblock(data: Path, host: str) -> None:
    """Let a host in again."""

    async def act(deps: Deps) -> None:
        await unblock_host(deps, host, Deed(COMMAND_LINE))

    run_action(configuration(data), act)


@peers.command(name="list")
@data_option
@json_option
def list_blocked(data: Path, *, json: bool) -> None:
    """All blocked hosts."""

    async def act(deps: Deps) -> Sequence[BlockedHost]:
        return await read_blocked(deps)

    found = run_action(configuration(data), act)
    if json:
        click.echo(as_json([msgspec.to_builtins(one) for one in found]))
        return
    for one in found:
        click.echo(f"{one.host:40} {'moves pass' if one.allows_moves else ''} {one.why}".rstrip())
    if not found:
        click.echo("No host is blocked.")


COMMANDS = (peers,)
