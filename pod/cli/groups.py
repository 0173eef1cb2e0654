"""`pod group` checks this pod's groups from their bytes, and takes the steward's job by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress as Bars

from models.groups.groups_and_items import StoredGroup
from models.groups.groups_and_items import list_groups as list_stored
from pod.actions.chain.verify_chain import Progress, Verified, verify_group
from pod.actions.handover.propose import hand_over
from pod.actions.reading.group.groups import GroupSight, describe_held
from pod.cli.base import run_action
from pod.cli.options import IdType, as_json, configuration, data_option, json_option
from pod.deps import Deps
from pod.doctor.examination import is_served
from protocol.ids import RecordId

PAGE = 500


group_argument = click.argument("group", type=IdType("group"))


@click.group(name="group")
def group_commands() -> None:
    """Groups that this pod holds."""


@group_commands.command(name="list")
@data_option
@json_option
@click.option("--people", is_flag=True, help="Personal groups, too.")
def list_groups(data: Path, *, json: bool, people: bool) -> None:
    """Every group, by name, with its height and the height that is settled."""

    async def act(deps: Deps) -> list[StoredGroup]:
        groups: list[StoredGroup] = []
        async with deps.store.database.read() as session:
            while page := await list_stored(
                session,
                PAGE,
                after=(groups[-1].name, groups[-1].id) if groups else None,
                kind=None if people else "group",
            ):
                groups += page
        return groups

    lines = [
        {
            "group": stored.id,
            "name": stored.name,
            "kind": stored.kind,
            "visibility": stored.visibility,
            "height": stored.head_height,
            "settled_height": stored.anchor_height,
            "log_held": stored.log_size,
        }
        for stored in run_action(configuration(data), act)
    ]
    if json:
        click.echo(as_json(lines))
        return
    for line in lines:
        click.echo(f"{line['group']}  {line['height']:6} {line['settled_height']:6}  {line['name']}")


@group_commands.command(name="show")
@data_option
@json_option
@group_argument
def show(data: Path, group: RecordId, *, json: bool) -> None:
    """The group as this pod sees it."""

    async def act(deps: Deps) -> GroupSight:
        return await describe_held(deps, group)

    seen = run_action(configuration(data), act)
    if json:
        click.echo(as_json(seen))
        return
    for line in _shown(seen):
        click.echo(line)


def _shown(seen: GroupSight) -> Iterator[str]:
    yield f"{seen.name} ({seen.kind}, {seen.visibility})"
    yield f"head      {seen.head}, height {seen.height}, term {seen.term}"
    yield f"settled   {seen.anchor}, height {seen.settled_height}"
    yield f"state     {seen.state_hash}"
    yield f"log       {seen.log.held} of {seen.log.size} entries here, root {seen.log.root}"
    yield f"steward   {seen.steward}"
    yield f"keepers   {', '.join(map(str, seen.keepers))}"
    yield f"members   {seen.member_count}"
    if seen.disputed or seen.disputes:
        yield "disputed  pods hold different histories for settled"
    for doubt in seen.doubts:
        yield f"doubtful  {doubt.item}: {doubt.reason}"
    for entry in seen.withheld:
        yield f"withheld  {entry.record}"
    for fault in seen.faults:
        yield f"fault     {fault.kind}: {fault.first} and {fault.second}"


@group_commands.command(name="verify")
@data_option
@json_option
@group_argument
def verify(data: Path, group: RecordId, *, json: bool) -> None:
    """Check every proof again, fold the chain from its root, and recompute the log's root; exits with 1 on a fault."""
    with _bars() as progress:

        async def act(deps: Deps) -> Verified:
            return await verify_group(deps, group, progress)

        verified = run_action(configuration(data), act)
    if json:
        click.echo(as_json(verified))
    else:
        for line in _verified(verified):
            click.echo(line)
    if verified.faults:
        raise SystemExit(1)


def _verified(verified: Verified) -> Iterator[str]:
    yield f"{verified.items} items and {verified.acks} acks: every proof checked, folded from the root"
    yield f"{verified.entries} log entries: every proof checked, {verified.erased} erased ones by their id only"
    yield f"head      {verified.head}, height {verified.height}, settled {verified.settled_height}"
    yield f"state     {verified.state_hash}"
    yield f"log root  {verified.log_root} at {verified.log_size}"
    for fault in verified.faults:
        yield click.style(f"FAULT     {fault}", fg="red")
    if not verified.faults:
        yield "All of it holds."


@contextmanager
def _bars() -> Iterator[Progress]:
    """Progress bars on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _of: None
        return
    with Bars(console=Console(stderr=True), transient=True) as bars:
        tasks = {name: bars.add_task(name) for name in ("chain", "log")}

        def show_progress(what: str, done: int, of: int) -> None:
            bars.update(tasks[what], completed=done, total=of)

        yield show_progress


@group_commands.command(name="handover")
@data_option
@group_argument
@click.option("--keeper", "keepers", type=int, multiple=True, help="Member number of a keeper to be; repeat it.")
def handover(data: Path, group: RecordId, keepers: tuple[int, ...]) -> None:
    """Make this pod the steward. The pod must not be serving: while it is, a keeper asks it by `POST …/handovers`."""
    config = configuration(data)

    async def act(deps: Deps) -> RecordId:
        # A second process that moves the head would leave the serving one with a view of yesterday.
        if await is_served(config):
            raise click.ClickException(
                "The pod is serving: stop it first, or let a keeper ask it by POST /api/v1/groups/{group}/handovers."
            )
        return (await hand_over(deps, group, list(keepers) or None)).id

    item = run_action(config, act)
    click.echo(f"This pod is the steward by item {item}. The others learn it when the pod serves again.")


COMMANDS = (group_commands,)
