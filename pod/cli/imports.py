"""`pod import`: posts of other software into a personal group, or a community's past into its group."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from federation.elsewhere.foreign_posts import ForeignEntry
from federation.elsewhere.group_past import read_past
from federation.elsewhere.known_files import origin_of
from federation.elsewhere.mastodon_archive import read_posts
from federation.rules.elsewhere import ElsewhereRule
from models.people.accounts import load_token
from pod.actions.groups.founding import token_hash
from pod.actions.moving.imported_posts import ImportTold, ImportWish, import_posts
from pod.actions.moving.proven_actors import proven_author
from pod.actions.signer import TokenHolder
from pod.cli.base import run_action
from pod.cli.options import IdType, as_json, configuration, data_option, json_option
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.errors import ENGLISH
from protocol.ids import RecordId

PATIENCE = 600


@click.command("import")
@data_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--group", type=IdType("group"), help="The group; without it, the personal group of the token's account.")
@click.option("--token", envvar="POD_TOKEN", required=True, help="An API token of whoever imports; or POD_TOKEN.")
@click.option("--unlisted", is_flag=True, help="Take posts, too, that their old server listed nowhere.")
@json_option
def import_file(data: Path, file: Path, group: RecordId | None, token: str, *, unlisted: bool, json: bool) -> None:
    """Write the posts of FILE, marked as imported: with their own dates, and without telling anybody."""

    async def act(deps: Deps) -> ImportTold:
        async with deps.store.database.read() as session:
            held = await load_token(session, token_hash(token))
        if held is None:
            raise AccountRule.TOKEN_NEEDED.error()
        signer = TokenHolder(held.account, held.decides, held.proved_at)
        with file.open("rb") as stream:
            entries = _entries(stream, file.name)
            into = group or held.account.personal_group
            assert into is not None, "Every account has a personal group."
            proven, entries = await proven_author(deps, held.account, entries)
            return await import_posts(deps, signer, into, entries, ImportWish(unlisted, proven), _Patience())

    told = run_action(configuration(data), act)
    if json:
        refused = [{"row": one.row, "file": one.file, "rule": one.refused.rule.key} for one in told.refused]
        counts = {"written": told.written, "known": told.known, "without_files": told.files, "stopped": told.stopped}
        click.echo(as_json({**counts, "refused": refused}))
        return
    for one in told.refused:
        click.echo(f"{one.file}, row {one.row}: {one.refused.told(ENGLISH)}")
    click.echo(f"{told.written} written, {told.known} were here, {len(told.refused)} refused.")
    if told.files:
        click.echo(f"{told.files} of them had pictures or other files, which aren't taken yet.")
    if told.stopped:
        raise click.ClickException("What is written isn't logged. Let the pod serve, then run this again: it goes on.")


class _Patience:
    """A second's wait while there is no room, and how often that was."""

    def __init__(self) -> None:
        self._waits = 0

    async def __call__(self, told: ImportTold, *, room: bool) -> bool:  # noqa: ARG002  (what was done is told at the end)
        """Wait; False after so long that the pod can't be serving."""
        if room:
            return True
        self._waits += 1
        await asyncio.sleep(1)
        return self._waits < PATIENCE


def _entries(stream: BinaryIO, name: str) -> Iterator[ForeignEntry]:
    match origin_of(stream, name):
        case "mastodon":
            return read_posts(stream, name)
        case "past":
            return read_past(stream, name)
        case _:
            raise ElsewhereRule.FILE_WITHOUT_POSTS.error(file=name)


COMMANDS = (import_file,)
