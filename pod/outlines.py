"""Texts without their words, put together from all records of a post and held while their group stays as it is.

A page of a long text takes its order and its versions from here, and reads the words of its own paragraphs alone.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

import msgspec

from protocol.content import Text

MOST_ADDRESSES: Final = 50_000  # for all texts together, about 20 MiB
Stamp = tuple[int, int]


class Outline(msgspec.Struct, frozen=True):
    """A text without words; `cut`: edits were left out, because the group has more than count."""

    text: Text
    cut: bool = False


class Outlines:
    """Keeps texts by key, each with its group's stamp."""

    def __init__(self, most: int = MOST_ADDRESSES) -> None:
        self._most = most
        self._held: dict[Hashable, tuple[Stamp, Outline]] = {}
        self._addresses = 0

    def get(self, key: Hashable, stamp: Stamp) -> Outline | None:
        """The text, if it was kept with this stamp."""
        found = self._held.get(key)
        return found[1] if found is not None and found[0] == stamp else None

    def keep(self, key: Hashable, stamp: Stamp, outline: Outline) -> Outline:
        """Keep a text in place of an older one; if there is no room, the texts that were kept longest are dropped."""
        self._forget(key)
        while self._held and self._addresses + _size(outline) > self._most:
            self._forget(next(iter(self._held)))
        self._held[key] = stamp, outline
        self._addresses += _size(outline)
        return outline

    def _forget(self, key: Hashable) -> None:
        if (found := self._held.pop(key, None)) is not None:
            self._addresses -= _size(found[1])


def _size(outline: Outline) -> int:
    """The number of addresses in a text; each record counts as one, too."""
    text = outline.text
    return len(text.order) + len(text.waiting) + len(text.sheets)
