"""Mastodon's CSV files, row by row: with header or without, first column alone, in any order, however saved."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import BinaryIO, Final

import msgspec

from federation.elsewhere.csv_kinds import (
    COLUMNS,
    REASON,
    SEVERITIES,
    Cells,
    CsvKind,
    Guess,
    address,
    guess_kind,
    link,
    plain,
    server,
)
from federation.elsewhere.rows import BOUNDS, FileBounds, RefusedRow, shortened
from federation.elsewhere.text_bytes import read_text
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused

_READ: Final = {"address": address, "server": server, "link": link}
_HOLDS: Final[dict[CsvKind, str]] = {
    "following": "address",
    "mutes": "address",
    "blocks": "address",
    "domains": "server",
    "bookmarks": "link",
    "lists": "address",
    "followers": "address",
    "domain_blocks": "server",
}
_TRUE: Final = frozenset({"true", "yes", "1"})


class CsvRow(msgspec.Struct, frozen=True):
    """One row. `what`: the address, server or link that it names; `list_name`: in lists alone.

    `flags`: the columns that are yes or no, by their plain names; `texts`: the others that aren't empty.
    """

    row: int
    what: str
    list_name: str = ""
    flags: dict[str, bool] = {}
    texts: dict[str, str] = {}


class CsvFile(msgspec.Struct, frozen=True):
    """What a file holds. `warnings`: what to tell people before anything is done with it."""

    kind: CsvKind
    rows: tuple[CsvRow, ...]
    refused: tuple[RefusedRow, ...]
    warnings: tuple[Refused, ...]


def read_csv(stream: BinaryIO, file: str, chosen: CsvKind | None = None, bounds: FileBounds = BOUNDS) -> CsvFile:
    """Read the file that is called `file`; raises ForeignFileError if none of its rows can be read."""
    text, odd_letters = read_text(stream, file, bounds)
    numbered = list(_numbered(text, file, bounds))
    cells = [row for _, row in numbered[: bounds.rows + 1] if isinstance(row, list)]
    if not cells:
        raise ElsewhereRule.FILE_EMPTY.error(file=file)
    guess = guess_kind(cells, file, chosen)
    rows: list[CsvRow] = []
    refused: list[RefusedRow] = []
    seen: dict[tuple[str, str], int] = {}
    for place, (number, found) in enumerate(numbered):
        if place == 0 and guess.has_header:
            continue
        read = found if isinstance(found, Refused) else _read_row(guess, number, found)
        if isinstance(read, CsvRow) and (first := seen.setdefault((read.list_name, read.what), number)) != number:
            read = ElsewhereRule.ROW_TWICE.refused(first=first)
        if isinstance(read, CsvRow):
            rows.append(read)
        else:
            refused.append(RefusedRow(file, number, read, _ordered(guess, found)))
    return CsvFile(guess.kind, tuple(rows), tuple(refused), odd_letters + guess.warnings)


def failed_rows(kind: CsvKind, refused: Iterable[tuple[Cells, str]]) -> tuple[list[str], list[list[str]]]:
    """Names and rows of the table of refused rows, each with its reason: it can be mended and read again."""
    width = len(COLUMNS[kind])
    rows = [[*cells[:width], *[""] * (width - len(cells)), reason] for cells, reason in refused]
    return [*COLUMNS[kind], REASON], rows


def cells_of(kind: CsvKind, row: CsvRow) -> tuple[str, ...]:
    """A row that was read as cells again, in the order of the kind's columns."""
    flags = {name: str(value).lower() for name, value in row.flags.items()}
    named = {**flags, **row.texts, "list name": row.list_name}
    names = [plain(name) for name in COLUMNS[kind]]
    return tuple(row.what if name in _ALREADY - {"list name"} else named.get(name, "") for name in names)


def _numbered(text: str, file: str, bounds: FileBounds) -> Iterator[tuple[int, list[str] | Refused]]:
    """Each row that isn't empty, with the number of its first line; a quote that is never closed ends at its line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator = _separator(lines[0])
    place = taken = 0
    while place < len(lines):
        number, place, line = place + 1, place + 1, lines[place]
        while line.count('"') % 2 and place < len(lines) and place - number < MOST_LINES_OF_A_ROW:
            line, place = f"{line}\n{lines[place]}", place + 1
        if line.count('"') % 2:
            line, place = lines[number - 1], number
        if not line.strip():
            continue
        taken += 1
        if taken > bounds.rows:
            yield number, ElsewhereRule.FILE_TOO_LONG.refused(file=file, most=bounds.rows)
            return
        yield number, _cells_of(line, separator, bounds)


MOST_LINES_OF_A_ROW: Final = 50  # comments of blocked servers have some


def _separator(first: str) -> str:
    """Spreadsheets in Swedish write semicolons, and some people paste tabs."""
    return max(",;\t", key=first.count) if any(sign in first for sign in ",;\t") else ","


def _cells_of(line: str, separator: str, bounds: FileBounds) -> list[str] | Refused:
    if len(line) > bounds.row_bytes // 4:
        return ElsewhereRule.ROW_TOO_LONG.refused(most=bounds.row_bytes // 4)
    try:
        return next(csv.reader(StringIO(line, newline=""), delimiter=separator, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return ElsewhereRule.ROW_TOO_LONG.refused(most=csv.field_size_limit())


def _read_row(guess: Guess, number: int, cells: Cells) -> CsvRow | Refused:
    known = {plain(name) for name in COLUMNS[guess.kind]}
    named = {name: cells[place].strip() for name, place in guess.columns.items() if place < len(cells)}
    holds = _HOLDS[guess.kind]
    first = named.get({"address": "account address", "server": "domain", "link": "uri"}[holds], named.get("url", ""))
    what = _READ[holds](first)
    if isinstance(what, Refused):
        return what
    if guess.kind == "lists" and not named.get("list name"):
        return ElsewhereRule.ROW_NO_LIST.refused()
    severity = named.get("severity", "")
    if severity and severity.casefold() not in SEVERITIES:
        return ElsewhereRule.ROW_SEVERITY.refused(value=shortened(severity))
    rest = {name: text for name, text in named.items() if name in known and name not in _ALREADY and text}
    texts = {name: text for name, text in rest.items() if name in _WORDS}
    flags = {name: text.casefold() in _TRUE for name, text in rest.items() if name not in _WORDS}
    return CsvRow(number, what, named.get("list name", "") if guess.kind == "lists" else "", flags, texts)


_ALREADY: Final = frozenset({"account address", "domain", "uri", "list name"})
_WORDS: Final = frozenset({"languages", "severity", "public comment"})


def _ordered(guess: Guess, found: list[str] | Refused) -> tuple[str, ...]:
    """The cells of a row in the order of the kind's own columns."""
    if isinstance(found, Refused):
        return ()
    places = [guess.columns.get(plain(name)) for name in COLUMNS[guess.kind]]
    return tuple(found[place] if place is not None and place < len(found) else "" for place in places)
