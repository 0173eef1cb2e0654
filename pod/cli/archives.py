"""Accounts as files: written whole by a command, and checked without any pod."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from models.people.accounts import load_account_named
from pod.actions.groups.founding import NAME
from pod.actions.moving.archive_source import open_archive
from pod.actions.moving.archive_whole import ArchiveStep, ArchiveWish, write_archive
from pod.actions.moving.imported_archives import import_archive
from pod.archive.contents import MOST_INFLATED_BYTES
from pod.archive.opened import check_archive
from pod.cli.base import run_action
from pod.cli.options import as_json, configuration, data_option, json_option
from pod.cli.people import user
from pod.cli.progress import progress
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.groups import GroupRule
from protocol.copies import CLASSES, CopyManifest
from protocol.errors import RefusedError

PART = ".part"


@user.command(name="export")
@data_option
@json_option
@click.argument("name")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip to write.")
@click.option("--private", is_flag=True, help="Also what the account wrote in private groups.")
def export_user(data: Path, name: str, out: Path, *, private: bool, json: bool) -> None:
    """Write all of an account into a zip, also while the pod serves. An existing file is left alone."""
    if out.exists():
        raise click.ClickException(f"{out} is there already.")
    # It appears under its name once it is whole, and only its owner may read it.
    part = out.with_name(out.name + PART)
    try:
        with progress() as told, os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:

            async def act(deps: Deps) -> tuple[int, int]:
                async with deps.store.database.read() as session:
                    account = await load_account_named(session, name)
                if account is None:
                    raise GroupRule.NOBODY_OF_THAT_NAME.error()

                posts = await write_archive(deps, ArchiveWish(account, private), file, _teller(told))
                return posts, file.tell()

            posts, size = run_action(configuration(data), act)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    told_of = {"file": str(out), "posts": posts, "bytes": size}
    click.echo(as_json(told_of) if json else f"{out}: {posts} posts and edits, {size} bytes")


@user.command(name="import")
@data_option
@json_option
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--as", "name", default="", help="The name that is kept here for the person.")
def import_user(data: Path, file: Path, name: str, *, json: bool) -> None:
    """Take a copy of the account that FILE holds. Nobody sees it until its person types their 24 words here.

    Importing a file twice gives one copy; after a kill the same command goes on.
    """
    if name and not NAME.fullmatch(name):
        raise click.ClickException(str(AccountRule.NO_NAME.error()))
    with progress() as told, file.open("rb") as stream:

        async def act(deps: Deps) -> tuple[CopyManifest, str]:
            source = await asyncio.to_thread(open_archive, stream, told)
            copy = await import_archive(deps, source, name=name, quota=MOST_INFLATED_BYTES)
            return source.told, f"{deps.identity.base_url}/recover" + (f"?name={copy.name}" if copy.name else "")

        manifest, page = run_action(configuration(data), act)
    counts = {own: total.count for own, total in manifest.classes.items()}
    if json:
        told_of = {"group": manifest.group, "pod": manifest.pod, "at": manifest.at, "classes": counts, "page": page}
        click.echo(as_json(told_of))
        return
    click.echo(f"A copy of {manifest.group} from {manifest.pod} lies here. It is shown nowhere.")
    click.echo(", ".join(f"{own}: {count}" for own, count in counts.items()))
    click.echo(f"Its person types their 24 words at {page}")


def _teller(told: Callable[[str, int, int], None]) -> Callable[[ArchiveStep], Awaitable[None]]:
    """Tell of each file, as soon as it is known how much it will hold."""

    async def tell(step: ArchiveStep) -> None:
        if step.total:
            told(step.file, step.done, step.total)

    return tell


@click.command(name="verify-archive")
@json_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def verify_archive(file: Path, *, json: bool) -> None:
    """Say whether an archive is what was written: every hash and root in it. It needs neither pod nor network."""
    try:
        with file.open("rb") as stream, progress() as told:
            checked = check_archive(stream, told)
            counts = {name: sum(1 for _ in checked.lines(name)) for name in CLASSES}
    except RefusedError as error:
        raise click.ClickException(str(error)) from error
    if json:
        click.echo(as_json({"classes": counts}))
        return
    click.echo(f"{file} is whole. " + ", ".join(f"{name}: {count}" for name, count in counts.items()))


COMMANDS = (user, verify_archive)
