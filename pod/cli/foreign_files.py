"""`pod look-at`: what a file of other software holds, before anything of it is taken; no server, no database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import BinaryIO, get_args

import click
import msgspec

from federation.elsewhere.csv_files import failed_rows, read_csv
from federation.elsewhere.csv_kinds import FILE_NAMES, CsvKind
from federation.elsewhere.foreign_posts import ForeignEntry, ForeignPost
from federation.elsewhere.group_past import read_past
from federation.elsewhere.known_files import origin_of
from federation.elsewhere.lemmy_settings import read_lemmy
from federation.elsewhere.mastodon_archive import read_files, read_posts
from federation.elsewhere.rows import RefusedRow
from federation.errors import ForeignFileError
from pod.cli.options import as_json, json_option
from pod.spreadsheets import spreadsheet
from protocol.errors import ENGLISH, Refused


class FileTold(msgspec.Struct):
    """What a file holds: how much of each sort could be taken, which rows couldn't, what to look at first."""

    software: str
    taken: Counter[str]
    refused: list[RefusedRow]
    warnings: tuple[Refused, ...] = ()
    failed: str = ""


@click.command("look-at")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(get_args(CsvKind)), help="Which CSV it is, if its content leaves that open.")
@click.option("--failed", type=click.Path(path_type=Path), help="Where to write the rows of a CSV that can't be taken.")
@json_option
def look_at(file: Path, kind: CsvKind | None, failed: Path | None, *, json: bool) -> None:
    """Say what FILE, which other software wrote, holds, and which of its rows can't be taken and why."""
    try:
        with file.open("rb") as stream:
            told = _look(stream, file.name, kind)
    except ForeignFileError as error:
        raise click.ClickException(str(error)) from error
    if failed is not None and told.failed:
        failed.write_text(told.failed, encoding="utf-8")
    if json:
        refused = [{"row": one.row, "file": one.file, "rule": one.refused.rule.key} for one in told.refused]
        warned = [one.rule.key for one in told.warnings]
        click.echo(as_json({"is": told.software, "taken": told.taken, "refused": refused, "warnings": warned}))
        return
    for warning in told.warnings:
        click.echo(warning.told(ENGLISH), err=True)
    click.echo(f"{told.software}: {', '.join(f'{count} {sort}' for sort, count in told.taken.items()) or 'nothing'}")
    for one in told.refused:
        click.echo(f"{one.file}, row {one.row}: {one.refused.told(ENGLISH)}")


def _look(stream: BinaryIO, name: str, kind: CsvKind | None) -> FileTold:
    match origin_of(stream, name):
        case "csv":
            stream.seek(0)
            table = read_csv(stream, name, kind)
            failed = [(one.cells, one.refused.told(ENGLISH)) for one in table.refused]
            again = spreadsheet(*failed_rows(table.kind, failed)) if failed else ""
            taken = Counter({"rows": len(table.rows)})
            return FileTold(FILE_NAMES[table.kind], taken, list(table.refused), table.warnings, again)
        case "lemmy":
            stream.seek(0)
            settings = read_lemmy(stream, name)
            sorts = Counter[str](entry.listed for entry in settings.entries)
            return FileTold("Lemmy", sorts, list(settings.refused), settings.warnings)
        case "past":
            return _posts("A group's past", list(read_past(stream, name)))
        case "mastodon":
            entries = list(read_posts(stream, name))
            told = _posts("Mastodon", entries)
            wanted = {part.path for one in entries if isinstance(one, ForeignPost) for part in one.attachments}
            there = {found.path for found in read_files(stream, name, frozenset(wanted - {""}))}
            told.taken.update({"files": len(there), "missing files": len(wanted - there)})
            return told


def _posts(software: str, entries: list[ForeignEntry]) -> FileTold:
    sorts = Counter(
        f"{one.audience} posts" if isinstance(one, ForeignPost) else "boosts"
        for one in entries
        if not isinstance(one, RefusedRow)
    )
    return FileTold(software, sorts, [one for one in entries if isinstance(one, RefusedRow)])


COMMANDS = (look_at,)
