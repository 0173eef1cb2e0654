"""Lemmy's exported settings: what a person followed, saved and blocked there, each entry for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO, Final, Literal

import msgspec

from federation.elsewhere.csv_kinds import link, server
from federation.elsewhere.foreign_html import read_plain, writable
from federation.elsewhere.foreign_posts import text_of
from federation.elsewhere.json_entries import decoded
from federation.elsewhere.rows import BOUNDS, FileBounds, RefusedRow
from federation.elsewhere.text_bytes import read_text
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused
from protocol.limits import MAX_NAME_LENGTH
from protocol.records.content import Paragraph

LemmyList = Literal["follows", "saved", "blocked_people", "blocked_groups", "blocked_servers"]

# The lists of the file, in the words of Lemmy's versions; each with what its entries are.
LISTS: Final[dict[str, tuple[LemmyList, Callable[[str], str | Refused]]]] = {
    "followed_communities": ("follows", link),
    "saved_posts": ("saved", link),
    "saved_comments": ("saved", link),
    "blocked_users": ("blocked_people", link),
    "blocked_communities": ("blocked_groups", link),
    "blocked_instances": ("blocked_servers", server),
    "blocked_instances_communities": ("blocked_servers", server),
    "blocked_instances_persons": ("blocked_servers", server),
}


class LemmyEntry(msgspec.Struct, frozen=True, order=True):
    """One entry of a list: the address of a community, person, post or comment, or a server's name."""

    listed: LemmyList
    what: str


class LemmySettings(msgspec.Struct, frozen=True):
    """What a settings file says. `refused`: `row` counts the entries of the list that `cells` names first."""

    display_name: str
    bio: tuple[Paragraph, ...]
    entries: tuple[LemmyEntry, ...]
    refused: tuple[RefusedRow, ...]
    warnings: tuple[Refused, ...]


def read_lemmy(stream: BinaryIO, file: str, bounds: FileBounds = BOUNDS) -> LemmySettings:
    """Read the settings file; raises ForeignFileError if it is none."""
    text, warnings = read_text(stream, file, bounds)
    value, refused = decoded(text.encode())
    if refused is not None:
        raise ElsewhereRule.FILE_DAMAGED.error(file=file)
    if not isinstance(value, dict) or not LISTS.keys() & value.keys():
        raise ElsewhereRule.FILE_UNKNOWN.error(file=file)
    entries, failed = _read_lists(value, file, bounds)
    name = " ".join(writable(text_of(value.get("display_name"))).split())[:MAX_NAME_LENGTH]
    return LemmySettings(name, read_plain(text_of(value.get("bio"))), entries, failed, warnings)


def _read_lists(
    value: dict[str, Any], file: str, bounds: FileBounds
) -> tuple[tuple[LemmyEntry, ...], tuple[RefusedRow, ...]]:
    entries: dict[LemmyEntry, None] = {}
    failed: list[RefusedRow] = []
    for name, (listed, read) in LISTS.items():
        entered = value.get(name)
        if entered is not None and not isinstance(entered, list):
            failed.append(RefusedRow(file, 1, ElsewhereRule.ROW_ODD.refused(what=name), (name,)))
            continue
        for row, one in enumerate((entered or [])[: bounds.rows], 1):
            what = read(one) if isinstance(one, str) else ElsewhereRule.ROW_ODD.refused(what=name)
            if isinstance(what, Refused):
                failed.append(RefusedRow(file, row, what, (name, text_of(one))))
            else:
                entries[LemmyEntry(listed, what)] = None
    return tuple(entries), tuple(failed)
