"""A page or answer shows a bounded part of a long text and leads to the rest, so that nothing is left out.

A slice ends after so many paragraphs, or once so many characters are on the page, versions counted with them; it has
one paragraph at least. Where the next slice begins is a place in reading order, the same for every reader of a lens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

MOST_PARAGRAPHS: Final = 200
MOST_CHARACTERS: Final = 256 * 1024
MOST_VERSIONS: Final = 8  # of one paragraph; the history page has all

T = TypeVar("T")


def slice_from(all_of_it: Sequence[T], start: int, length: Callable[[T], int]) -> tuple[Sequence[T], int | None]:
    """The items on the page that begins at `start`, and the start of the next page; None after the last."""
    start = min(start, max(0, len(all_of_it) - 1))
    end, characters = start, 0
    for one in all_of_it[start : start + MOST_PARAGRAPHS]:
        characters += length(one)
        if characters > MOST_CHARACTERS and end > start:
            break
        end += 1
    return all_of_it[start:end], end if end < len(all_of_it) else None
