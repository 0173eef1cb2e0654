"""A file that somebody brought, read once: what of it can be tried is put beside it, line by line; the rest is told.

It is read in a thread, one file after the other, within small bounds: whoever has an account may bring one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeVar, get_args

import msgspec

from federation.elsewhere.csv_files import cells_of, failed_rows, read_csv
from federation.elsewhere.csv_kinds import CsvKind
from federation.elsewhere.foreign_posts import ForeignBoost, ForeignPost
from federation.elsewhere.known_files import origin_of
from federation.elsewhere.lemmy_settings import LISTS, read_lemmy
from federation.elsewhere.mastodon_archive import read_posts
from federation.elsewhere.rows import FileBounds, RefusedRow
from federation.errors import Sentences
from federation.rules.elsewhere import ElsewhereRule
from models.moving.brought_files import ImportedRow
from pod.rules.imports import ImportRule
from pod.spreadsheets import spreadsheet
from protocol.errors import ENGLISH, Refused

MIB: Final = 1024**2
MOST_BYTES: Final = 64 * MIB
# Lists and settings are read whole; posts one by one, and what is kept of them is as long as a file at most.
LIST_BOUNDS: Final = FileBounds(MOST_BYTES, 2 * MIB, 2 * MIB, rows=10_000, row_bytes=16 * 1024)
POST_BOUNDS: Final = FileBounds(MOST_BYTES, 1024 * MIB, entries=100_000, rows=100_000)

POSTS: Final = "posts"
LEMMY: Final = "lemmy"
Wish = Literal["follow", "mute"]
T = TypeVar("T")

_READER: Final = ThreadPoolExecutor(1, thread_name_prefix="imports")
_WISHES: Final[dict[str, Wish | Refused]] = {
    "following": "follow",
    "mutes": "mute",
    "blocks": "mute",
    "domains": ImportRule.NO_SERVERS.refused(),
    "domain_blocks": ImportRule.NO_SERVERS.refused(),
    "bookmarks": ImportRule.NO_BOOKMARKS.refused(),
    "lists": ImportRule.NO_LISTS.refused(),
    "followers": ImportRule.FOLLOWERS_DECIDE.refused(),
    # Of Lemmy's settings.
    "follows": "follow",
    "blocked_people": "mute",
    "blocked_groups": ImportRule.NO_BLOCKED_GROUPS.refused(),
    "blocked_servers": ImportRule.NO_SERVERS.refused(),
    "saved": ImportRule.NO_BOOKMARKS.refused(),
}
_LEMMY_NAMES: Final = {listed: name for name, (listed, _) in reversed(LISTS.items())}


class WishedRow(msgspec.Struct, frozen=True, array_like=True):
    """A row that can be tried: whom or what it names, and what shall become of them. `cells`: as it stood."""

    row: int
    what: str
    wish: Wish
    cells: tuple[str, ...]


class RefusedTally(msgspec.Struct, frozen=True):
    """How many rows weren't taken for the same reason."""

    count: int
    why: Sentences


class ToldOfFile(msgspec.Struct, frozen=True):
    """What to say of a file: warnings; posts by sort, and how many weren't read or taken.

    `kinds`: what it could be, if that is unsure; `files`: posts that came without their files.
    """

    warnings: tuple[Sentences, ...] = ()
    sorts: dict[str, int] = {}
    unread: tuple[RefusedTally, ...] = ()
    untaken: tuple[RefusedTally, ...] = ()
    kinds: tuple[str, ...] = ()
    files: int = 0


class ReadFile(msgspec.Struct, frozen=True):
    """A file that was read. `refused`: rows of a list that can't be tried."""

    kind: str
    total: int
    told: ToldOfFile
    refused: tuple[ImportedRow, ...] = ()


async def in_thread(function: Callable[[], T]) -> T:
    """Read or write a file beside the event loop; one at a time."""
    return await asyncio.get_running_loop().run_in_executor(_READER, function)


def read_brought(raw: Path, into: Path, file: str, chosen: str = "") -> ReadFile:
    """Read the file `raw` that its owner calls `file`; raises ForeignFileError or MalformedError.

    `chosen`: which list it is, if its content leaves that open.
    """
    with raw.open("rb") as stream:
        origin = origin_of(stream, file, POST_BOUNDS)
        stream.seek(0)
        match origin:
            case "csv":
                return _read_list(stream, into, file, chosen if chosen in get_args(CsvKind) else None)
            case "lemmy":
                return _read_lemmy(stream, into, file)
            case "mastodon":
                return _read_posts(stream, into, file)
            case "past":
                raise ImportRule.PAST_OF_A_GROUP.error()


def _read_list(stream: BinaryIO, into: Path, file: str, chosen: object) -> ReadFile:
    kind: CsvKind | None = next((one for one in get_args(CsvKind) if one == chosen), None)
    table = read_csv(stream, file, kind, LIST_BOUNDS)
    wish, refused = _WISHES[table.kind], [_refused(one.row, one.refused, one.cells) for one in table.refused]
    wished: list[WishedRow] = []
    for row in table.rows:
        cells = cells_of(table.kind, row)
        if isinstance(wish, str):
            wished.append(WishedRow(row.row, row.what, wish, cells))
        else:
            refused.append(_refused(row.row, wish, cells))
    _put(into, wished)
    return ReadFile(table.kind, len(wished), ToldOfFile(_sentences(table.warnings)), tuple(refused))


def _read_lemmy(stream: BinaryIO, into: Path, file: str) -> ReadFile:
    settings = read_lemmy(stream, file, LIST_BOUNDS)
    refused = [_refused(row, one.refused, one.cells) for row, one in enumerate(settings.refused, 1)]
    wished: list[WishedRow] = []
    for row, entry in enumerate(settings.entries, len(refused) + 1):
        wish, cells = _WISHES[entry.listed], (_LEMMY_NAMES[entry.listed], entry.what)
        if isinstance(wish, str):
            wished.append(WishedRow(row, entry.what, wish, cells))
        else:
            refused.append(_refused(row, wish, cells))
    _put(into, wished)
    return ReadFile(LEMMY, len(wished), ToldOfFile(_sentences(settings.warnings)), tuple(refused))


def _read_posts(stream: BinaryIO, into: Path, file: str) -> ReadFile:
    sorts, reasons, size = Counter[str](), Counter[Sentences](), 0
    with into.open("wb") as out:
        for entry in read_posts(stream, file, POST_BOUNDS):
            match entry:
                case ForeignPost():
                    sorts[entry.audience] += 1
                    size += out.write(msgspec.json.encode(entry) + b"\n")
                    if size > MOST_BYTES:
                        raise ElsewhereRule.FILE_TOO_LARGE.error(file=file, most=MOST_BYTES)
                case ForeignBoost():
                    sorts["boosts"] += 1
                case RefusedRow():
                    reasons[_sentence(entry.refused)] += 1
    if not sorts and not reasons:
        raise ElsewhereRule.FILE_EMPTY.error(file=file)
    told = ToldOfFile(sorts=dict(sorts), unread=tallies(reasons))
    return ReadFile(POSTS, sum(sorts.values()) - sorts["boosts"], told)


def tallies(reasons: Counter[Sentences]) -> tuple[RefusedTally, ...]:
    """How often each reason was, the most frequent first; a file may give any number of them, so few are kept."""
    return tuple(RefusedTally(count, why) for why, count in reasons.most_common(20))


def read_wished(path: Path, after: int, most: int) -> list[WishedRow]:
    """At most `most` rows that can be tried, after the first `after`; raises FileNotFoundError."""
    with path.open("rb") as lines:
        found = (line for place, line in enumerate(lines) if place >= after)
        return [msgspec.json.decode(line, type=WishedRow) for _, line in zip(range(most), found, strict=False)]


def wished_posts(path: Path) -> Iterator[ForeignPost]:
    """The posts that can be tried, from the first; raises FileNotFoundError."""
    with path.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=ForeignPost)


def failed_file(kind: str, rows: list[ImportedRow], language: str) -> tuple[str, str]:
    """The rows that weren't taken as a file of the same kind, with reasons, and how its name ends."""
    told = [
        (msgspec.json.decode(one.cells, type=tuple[str, ...]), one.en if language == ENGLISH else one.sv)
        for one in rows
    ]
    if kind != LEMMY:
        known = next(one for one in get_args(CsvKind) if one == kind)
        return spreadsheet(*failed_rows(known, told)), "csv"
    lists: dict[str, list[str]] = {name: [] for name in LISTS}
    for (name, what, *_), _ in told:
        lists.setdefault(name, []).append(what)
    reasons = {what: why for (_, what, *_), why in told}
    return msgspec.json.format(msgspec.json.encode({**lists, "reasons": reasons})).decode(), "json"


def refused_row(wished: WishedRow, refused: Refused) -> ImportedRow:
    """What is kept of a row that came to nothing."""
    return _refused(wished.row, refused, wished.cells)


def _refused(row: int, refused: Refused, cells: tuple[str, ...]) -> ImportedRow:
    why = _sentence(refused)
    return ImportedRow(row, None, msgspec.json.encode(cells).decode(), why.en, why.sv)


def _sentence(refused: Refused) -> Sentences:
    return Sentences(refused.told(ENGLISH), refused.told("sv"))


def _sentences(warnings: tuple[Refused, ...]) -> tuple[Sentences, ...]:
    return tuple(_sentence(one) for one in warnings)


def _put(into: Path, wished: list[WishedRow]) -> None:
    into.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in wished))
