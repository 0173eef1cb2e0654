"""What changed between two texts, word by word: shortest where that is cheap, and never more work than it may cost.

Rules of this file (MD-12):

1. Words, signs and runs of white space are units, each with the marks, joiners and modifiers that stand on it; two
   letters of a flag are one. Deleting and inserting pieces gives exactly both texts.
2. Between what both begin and end with, the fewest units are deleted and inserted (Myers' greedy walk).
3. Where that would take more than `MOST_STEPS`, everything between is deleted and inserted at once.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from moderation.clusters import FLAG_LETTER, JOINER, is_on_what_stands_before

MOST_STEPS: Final = 150_000
_UNITS = re.compile(r"\s+|\w+|[^\w\s]")


class Change(StrEnum):
    """What happened to a piece."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


class Piece(msgspec.Struct, frozen=True):
    """A stretch of text that stays, goes or comes. Between two that stay, the one that goes comes first."""

    change: Change
    text: str


def diff_words(before: str, after: str, *, most_steps: int = MOST_STEPS) -> tuple[Piece, ...]:
    """The pieces that turn `before` into `after`."""
    old, new = units_of(before), units_of(after)
    prefix = _alike(old, new)
    suffix = _alike(old[prefix:][::-1], new[prefix:][::-1])
    kept = _kept(old[prefix : len(old) - suffix], new[prefix : len(new) - suffix], most_steps)
    pairs = [(at, at) for at in range(prefix)]
    pairs += [(prefix + x, prefix + y) for x, y in kept]
    pairs += [(len(old) - suffix + at, len(new) - suffix + at) for at in range(suffix)]
    return _pieces(old, new, pairs)


def units_of(text: str) -> list[str]:
    """The units of a text; joined, they give the text again."""
    found: list[str] = _UNITS.findall(text)
    if text.isascii():
        return found
    units: list[list[str]] = []
    for piece in found:
        if units and _belongs(units[-1], piece):
            units[-1].append(piece)
        else:
            units.append([piece])
    return ["".join(unit) for unit in units]


def _belongs(unit: Sequence[str], piece: str) -> bool:
    """Whether people see a piece and the text before it as one character."""
    last, first = unit[-1][-1], piece[0]
    if last == JOINER or is_on_what_stands_before(first):
        return True
    if FLAG_LETTER.match(first):
        return len(unit) == 1 and FLAG_LETTER.match(last) is not None
    return _is_letter(first) and _is_letter(unit[0][0]) and is_on_what_stands_before(last)


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _kept(old: Sequence[str], new: Sequence[str], most_steps: int) -> list[tuple[int, int]]:
    """The places (in old, in new) of a longest common subsequence; empty if it would take more than `most_steps`."""
    if not old or not new:
        return []
    frontier, trail, steps = {1: 0}, [], 0
    for distance in range(len(old) + len(new) + 1):
        trail.append(dict(frontier))
        for diagonal in range(-distance, distance + 1, 2):
            start = _start(frontier, diagonal, distance)
            x = _slide(old, new, start, diagonal)
            frontier[diagonal] = x
            steps += 1 + x - start
            if x >= len(old) and x - diagonal >= len(new):
                return _walk_back(trail, len(old), len(new))
        steps += distance
        if steps > most_steps:
            return []
    return []


def _slide(old: Sequence[str], new: Sequence[str], x: int, diagonal: int) -> int:
    while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
        x += 1
    return x


def _start(frontier: dict[int, int], diagonal: int, distance: int) -> int:
    """Where the walk on a diagonal begins: after an insertion (from above) or a deletion (from below)."""
    if _inserts(frontier, diagonal, distance):
        return frontier[diagonal + 1]
    return frontier[diagonal - 1] + 1


def _inserts(frontier: dict[int, int], diagonal: int, distance: int) -> bool:
    if diagonal in (-distance, distance):
        return diagonal == -distance
    return frontier[diagonal - 1] < frontier[diagonal + 1]


def _walk_back(trail: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for distance in range(len(trail) - 1, -1, -1):
        frontier, diagonal = trail[distance], x - y
        start = _start(frontier, diagonal, distance)
        while x > start:
            x, y = x - 1, y - 1
            kept.append((x, y))
        if _inserts(frontier, diagonal, distance):
            y -= 1
        else:
            x -= 1
    return kept[::-1]


def _pieces(old: Sequence[str], new: Sequence[str], kept: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    same: list[str] = []
    x = y = 0
    for at_old, at_new in (*kept, (len(old), len(new))):
        if at_old > x or at_new > y:
            _add(pieces, Change.SAME, same)
            same = []
            _add(pieces, Change.GONE, old[x:at_old])
            _add(pieces, Change.NEW, new[y:at_new])
        same += old[at_old : at_old + 1]
        x, y = at_old + 1, at_new + 1
    _add(pieces, Change.SAME, same)
    return tuple(pieces)


def _add(pieces: list[Piece], change: Change, units: Sequence[str]) -> None:
    if units:
        pieces.append(Piece(change, "".join(units)))
