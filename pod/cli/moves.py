"""Accounts that move to this pod or from it, and what other pods may read of one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from models.moving.operated_moves import ID_BYTES
from pod.actions.admin.moves import grants_of, read_departures, read_moves, rerun, revoke_grant
from pod.actions.audit import COMMAND_LINE
from pod.cli.base import run_action
from pod.cli.options import as_json, configuration, data_option, json_option
from pod.cli.people import user
from pod.deps import Deps

MOST = 200


@user.command(name="move-status")
@data_option
@json_option
@click.option("--rerun", "move", metavar="ID", help="Have a stopped move to this pod go on from where it stopped.")
def move_status(data: Path, move: str | None, *, json: bool) -> None:
    """The newest moves to this pod, and departures from it."""

    async def act(deps: Deps) -> dict[str, list[dict[str, Any]]]:
        if move is not None:
            await rerun(deps, COMMAND_LINE, move)
        arriving, leaving = await read_moves(deps, MOST), await read_departures(deps, MOST)
        lists = {"to_here": arriving, "from_here": leaving}
        return {name: [msgspec.to_builtins(one) for one in found] for name, found in lists.items()}

    told = run_action(configuration(data), act)
    if json:
        click.echo(as_json(told))
        return
    for one in told["to_here"]:
        stage = f"{one['stage']} ({one['why']})" if one["why"] else one["stage"]
        copied = f"{one['lines']} lines, {one['bytes']} bytes"
        click.echo(f"{one['id']} {_time(one['begun_at'])} {one['who']} from {one['pod']}: {stage}, {copied}")
    for one in told["from_here"]:
        click.echo(f"{_time(one['agreed_at'])} {one['name']} to {one['pod']}: {_standing(one)}")
    if not any(told.values()):
        click.echo("Nobody moves.")


@user.command(name="grants")
@data_option
@json_option
@click.argument("name")
@click.option("--revoke", "grant", metavar="ID", help="End this one.")
def grants(data: Path, name: str, grant: str | None, *, json: bool) -> None:
    """Which pods may read a copy of somebody's account."""

    async def act(deps: Deps) -> list[dict[str, Any]]:
        if grant is not None:
            await revoke_grant(deps, COMMAND_LINE, name, grant)
        return [
            {
                "id": one.sha256[:ID_BYTES].hex(),
                "pod": one.pod,
                "classes": one.classes.split(),
                "made_at": one.made_at,
                "expires_at": one.expires_at,
                "used_at": one.used_at,
                "paused_at": one.paused_at,
            }
            for one in await grants_of(deps, name)
        ]

    held = run_action(configuration(data), act)
    if json:
        click.echo(as_json(held))
        return
    for one in held:
        ends = _time(one["expires_at"]) if one["expires_at"] is not None else "when it is revoked"
        used = _time(one["used_at"]) if one["used_at"] is not None else "never"
        click.echo(f"{one['id']} {one['pod']}: ends {ends}, last used {used}")
    if not held:
        click.echo("No pod may.")


def _standing(one: dict[str, Any]) -> str:
    for name, words in (("closed_at", "closed"), ("moved_at", "moved"), ("frozen_at", "frozen")):
        if one[name] is not None:
            return f"{words} {_time(one[name])}"
    return "agreed"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
