"""Hosts that this pod delivers to, and what waits for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from federation.delivery import error_in
from models.fediverse.deliveries import hasten
from models.fediverse.host_states import HostState, count_queue, load_host, walk_hosts
from pod.cli.base import run_action
from pod.cli.options import configuration, data_option
from pod.deps import Deps

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document, for machines.")


@click.group(name="host")
def host() -> None:
    """Hosts that this pod delivers to."""


@host.command(name="list")
@data_option
@json_option
def list_command(data: Path, *, as_json: bool) -> None:
    """Each host: whether it answers, what waits for it, when it is tried next."""

    async def act(deps: Deps) -> list[dict[str, Any]]:
        async with deps.store.database.read() as session:
            return [_told(state) async for state in walk_hosts(session)]

    hosts = run_action(configuration(data), act)
    if as_json:
        click.echo(json.dumps(hosts))
        return
    for one in hosts:
        click.echo(f"{one['host']:40} {one['state']:8} {one['waiting']:6} waiting  {_when(one)}")
    if not hosts:
        click.echo("Nothing was delivered yet.")


@host.command()
@data_option
@json_option
@click.argument("name", metavar="HOST")
def show(data: Path, name: str, *, as_json: bool) -> None:
    """One host, with its last error."""

    async def act(deps: Deps) -> dict[str, Any]:
        async with deps.store.database.read() as session:
            return _told(_known(await load_host(session, name), name))

    told = run_action(configuration(data), act)
    click.echo(json.dumps(told) if as_json else "\n".join(f"{key}: {_readable(key, told[key])}" for key in told))


@host.command()
@data_option
@click.argument("name", metavar="HOST")
def retry(data: Path, name: str) -> None:
    """Have what waits for a host tried now; a pod that is serving sees it within a second."""

    async def act(deps: Deps) -> None:
        async with deps.store.database.read() as session:
            _known(await load_host(session, name), name)
        await deps.store.write(lambda session: hasten(session, [name], now=deps.clock()))

    run_action(configuration(data), act)
    click.echo(f"What waits for {name} is tried now.")


@click.command()
@data_option
@json_option
def queue(data: Path, *, as_json: bool) -> None:
    """How much waits to be delivered, by the state of its host, and since when."""

    async def act(deps: Deps) -> dict[str, Any]:
        async with deps.store.database.read() as session:
            count = await count_queue(session)
            hosts = [_told(state) async for state in walk_hosts(session, waiting=True)]
        by_state = dict.fromkeys(("well", "new", "failing"), 0)
        for one in hosts:
            by_state[one["state"]] += one["waiting"]
        return {
            "deliveries": count.deliveries,
            "activities": count.activities,
            "oldest": count.oldest_at,
            "by_state": by_state,
            "by_host": {one["host"]: one["waiting"] for one in hosts},
        }

    told = run_action(configuration(data), act)
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(f"{told['deliveries']} deliveries of {told['activities']} activities wait.")
    if told["deliveries"]:
        click.echo(f"The oldest was queued at {_readable('oldest_at', told['oldest'])}.")
        click.echo(", ".join(f"{count} for hosts that are {state}" for state, count in told["by_state"].items()))
        for name, waiting in told["by_host"].items():
            click.echo(f"{waiting:8} {name}")


def _known(state: HostState | None, name: str) -> HostState:
    if state is None:
        raise click.ClickException(f"Nothing was ever queued for {name}. `pod host list` shows the hosts.")
    return state


def _told(state: HostState) -> dict[str, Any]:
    kept = state.host
    word = "failing" if kept.attempts else "well" if kept.last_succeeded_at else "new"
    return {
        "host": kept.host,
        "state": word,
        "waiting": state.waiting,
        "oldest_at": state.oldest_at,
        "next_at": kept.next_at,
        "attempts": kept.attempts,
        "first_failed_at": kept.first_failed_at,
        "last_succeeded_at": kept.last_succeeded_at,
        "last_error": error.en if (error := error_in(kept.last_error)) else None,
        "scheme": kept.scheme,
        "leased_until": state.leased_until or None,
    }


def _when(told: dict[str, Any]) -> str:
    if told["state"] != "failing" or told["next_at"] is None:
        return ""
    return f"next try {_readable('next_at', told['next_at'])}: {told['last_error']}"


def _readable(key: str, value: Any) -> str:
    if value is None:
        return "-"
    if key.endswith(("_at", "_until")):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
    return str(value)


COMMANDS = (host, queue)
