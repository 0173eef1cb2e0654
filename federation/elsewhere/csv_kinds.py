"""Which of Mastodon's CSV files a table is, by its content; its name and people's choice decide only what is left.

1. A header decides alone: each kind that has one has columns that no other has.
2. Without one, most of the first rows decide: addresses, servers or links, and what stands in their second column.
3. Where that leaves several kinds, the choice decides, then the file's name; else people are asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from federation.addresses import normal_authority, parse_url
from federation.elsewhere.rows import shortened
from federation.errors import MalformedDocumentError, UnsafeAddressError
from federation.rules.elsewhere import ElsewhereRule
from federation.webfinger import parse_handle
from protocol.errors import Refused

CsvKind = Literal["following", "mutes", "blocks", "domains", "bookmarks", "lists", "followers", "domain_blocks"]
Cells = Sequence[str]

# What Mastodon calls the file of each kind.
FILE_NAMES: Final[dict[CsvKind, str]] = {
    "following": "following_accounts.csv",
    "mutes": "muted_accounts.csv",
    "blocks": "blocked_accounts.csv",
    "domains": "blocked_domains.csv",
    "bookmarks": "bookmarks.csv",
    "lists": "lists.csv",
    "followers": "followers.csv",
    "domain_blocks": "domain_blocks.csv",
}
# Columns in Mastodon's order; the first line of the failed rows has them, too.
COLUMNS: Final[dict[CsvKind, tuple[str, ...]]] = {
    "following": ("Account address", "Show boosts", "Notify on new posts", "Languages"),
    "mutes": ("Account address", "Hide notifications"),
    "blocks": ("Account address",),
    "domains": ("#domain",),
    "bookmarks": ("#uri",),
    "lists": ("List name", "Account address"),
    "followers": ("Account address",),
    "domain_blocks": (
        "#domain",
        "#severity",
        "#reject_media",
        "#reject_reports",
        "#public_comment",
        "#obfuscate",
    ),
}
REASON: Final = "reason"  # the column that the file of failed rows has beside the others
_NAMED: Final[tuple[tuple[str, CsvKind], ...]] = (
    (r"follower", "followers"),
    (r"follow", "following"),
    (r"mute", "mutes"),
    (r"domain.?block", "domain_blocks"),
    (r"domain", "domains"),
    (r"block", "blocks"),
    (r"bookmark", "bookmarks"),
    (r"list", "lists"),
)
_LOOKED_AT: Final = 100
_YES_OR_NO: Final = frozenset({"true", "false", "yes", "no", "1", "0", ""})


class Guess(msgspec.Struct, frozen=True):
    """What a table is; `has_header`: whether its first row names columns. `columns`: the place of each column."""

    kind: CsvKind
    columns: dict[str, int]
    has_header: bool
    warnings: tuple[Refused, ...]


def plain(name: str) -> str:
    """The name of a column without its sign, case and blanks."""
    return name.strip().lstrip("#").strip().casefold().replace("_", " ")


def guess_kind(rows: Sequence[Cells], file: str, chosen: CsvKind | None) -> Guess:
    """What the table is; raises FILE_UNKNOWN or FILE_UNSURE."""
    header = _header_of(rows[0])
    fitting = _by_header(header) if header else _by_rows(rows[:_LOOKED_AT])
    named = next((kind for pattern, kind in _NAMED if re.search(pattern, file.casefold())), None)
    kind = next((one for one in (chosen, named) if one in fitting), fitting[0] if len(fitting) == 1 else None)
    if kind is None:
        if not fitting:
            raise ElsewhereRule.FILE_UNKNOWN.error(file=file)
        raise ElsewhereRule.FILE_UNSURE.error(file=file, kinds=", ".join(FILE_NAMES[one] for one in fitting))
    columns = header or {plain(name): place for place, name in enumerate(COLUMNS[kind])}
    return Guess(kind, columns, header is not None, _warnings(file, kind, named, chosen))


def _warnings(file: str, kind: CsvKind, named: CsvKind | None, chosen: CsvKind | None) -> tuple[Refused, ...]:
    told = []
    holds = FILE_NAMES[kind]
    if chosen is not None and chosen != kind:
        told.append(ElsewhereRule.CHOICE_DIFFERS.refused(file=file, chosen=FILE_NAMES[chosen], kind=holds))
    if named is not None and named != kind:
        told.append(ElsewhereRule.NAME_DIFFERS.refused(file=file, named=FILE_NAMES[named], kind=holds))
    return tuple(told)


def _header_of(first: Cells) -> dict[str, int] | None:
    """The place of each column, if the first row names columns."""
    names = {plain(name): place for place, name in reversed(list(enumerate(first)))}
    known = {plain(name) for columns in COLUMNS.values() for name in columns} | {"url", REASON}
    return names if len(names.keys() & known) * 2 >= len(names) and plain(first[0]) in known else None


def _by_header(names: dict[str, int]) -> tuple[CsvKind, ...]:
    own: tuple[tuple[set[str], tuple[CsvKind, ...]], ...] = (
        ({"list name"}, ("lists",)),
        ({"severity"}, ("domain_blocks",)),
        ({"domain"}, ("domains", "domain_blocks")),
        ({"uri", "url"}, ("bookmarks",)),
        ({"hide notifications"}, ("mutes",)),
        ({"show boosts", "notify on new posts", "languages"}, ("following",)),
    )
    found = (kinds for columns, kinds in own if columns & names.keys())
    return next(found, ("following", "followers", "blocks", "mutes"))


def _by_rows(rows: Sequence[Cells]) -> tuple[CsvKind, ...]:
    match _most(rows, 0), _most(rows, 1):
        case _, "address":
            return ("lists",)
        case "address", "yes or no":
            return ("following",) if max(map(len, rows)) > 2 else ("mutes", "following")
        case "address", _:
            return ("following", "followers", "blocks", "mutes")
        case "server", "severity":
            return ("domain_blocks",)
        case "server", _:
            return ("domains",)
        case "link", _:
            return ("bookmarks",)
        case _:
            return ()


def _most(rows: Sequence[Cells], place: int) -> str:
    """What most cells of a column are that are anything; "text" if fewer than a quarter are."""
    sorts = Counter(_sort_of(row[place]) for row in rows if len(row) > place)
    del sorts["text"]
    found, count = next(iter(sorts.most_common(1)), ("text", 0))
    return found if count * 4 >= len(rows) else "text"


def _sort_of(cell: str) -> str:
    text = cell.strip()
    if text.casefold() in _YES_OR_NO:
        return "yes or no"
    if text.casefold() in SEVERITIES:
        return "severity"
    for sort, read in (("link", link), ("address", address), ("server", server)):
        if not isinstance(read(text), Refused):
            return sort
    return "text"


SEVERITIES: Final = frozenset({"noop", "silence", "suspend"})


def address(cell: str) -> str | Refused:
    """The address name@server that a cell holds."""
    try:
        return str(parse_handle(cell.strip().removeprefix("'")))
    except MalformedDocumentError:
        return ElsewhereRule.ROW_NO_ADDRESS.refused(value=shortened(cell))


def server(cell: str) -> str | Refused:
    """The server that a cell names."""
    try:
        name = normal_authority(cell.strip(), "https")
    except UnsafeAddressError:
        name = ""
    return name if "." in name else ElsewhereRule.ROW_NO_SERVER.refused(value=shortened(cell))


def link(cell: str) -> str | Refused:
    """The http or https link that a cell holds."""
    try:
        return str(parse_url(cell.strip()))
    except UnsafeAddressError:
        return ElsewhereRule.ROW_NO_LINK.refused(value=shortened(cell))
