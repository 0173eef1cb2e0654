"""Which ballots and delegations count in a poll whose delegates are frozen before its end (decisions §1, lock).

Rules of this file:

1. Ballots, delegations by scope and declarations are registers: of one author's entries in a prefix of the log the one
   with the highest (key, counter, id) holds, whatever its place. A withdrawn ballot or a resignation holds like any
   other entry and says that there is none.
2. Whoever is declared as delegate in the prefix of the lock is frozen: all of their registers are those of that prefix.
   Everybody else's are those of the prefix of the end.
3. Delegates are those of the prefix of the lock: who declares or resigns later changes nothing in this poll.

An invalid entry is none: the caller leaves it out, at its place in the log, so that places stay those of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

import msgspec

Content = TypeVar("Content")


class EntryKind(IntEnum):
    """What an entry says."""

    BALLOT = 0
    DELEGATION = 1
    DECLARATION = 2


Register = tuple[int, EntryKind, str]


class PollEntry(msgspec.Struct, Generic[Content], frozen=True, gc=False):
    """A record that a count looks at. `content` is None for a withdrawal, and for a resignation.

    `index`: its leaf in the group's log. `scope` tells a delegation's scopes apart; other kinds have "".
    """

    index: int
    author: int
    kind: EntryKind
    scope: str
    rank: tuple[int, int, str | bytes]
    content: Content | None


@dataclass(frozen=True, slots=True)
class StandingEntries(Generic[Content]):
    """What counts: ballots by author, delegations by author and scope, and who can be delegated to."""

    ballots: Mapping[int, Content]
    delegations: Mapping[int, Mapping[str, Content]]
    delegates: frozenset[int]


def standing(entries: Sequence[PollEntry[Content]], lock: int, end: int) -> StandingEntries[Content]:
    """What counts of `entries`, which may come in any order. `lock` and `end`: the log's size at each, lock <= end."""
    registers: dict[Register, PollEntry[Content]] = {}
    _take(registers, (entry for entry in entries if entry.index < lock))
    delegates = {
        author for (author, kind, _), entry in registers.items() if kind is EntryKind.DECLARATION and _holds(entry)
    }
    later = (entry for entry in entries if lock <= entry.index < end)
    _take(registers, (entry for entry in later if entry.author not in delegates))
    ballots: dict[int, Content] = {}
    delegations: dict[int, dict[str, Content]] = {}
    for (author, kind, scope), entry in registers.items():
        if entry.content is None:
            continue
        if kind is EntryKind.BALLOT:
            ballots[author] = entry.content
        elif kind is EntryKind.DELEGATION:
            delegations.setdefault(author, {})[scope] = entry.content
    return StandingEntries(ballots, delegations, frozenset(delegates))


def _take(registers: dict[Register, PollEntry[Content]], entries: Iterable[PollEntry[Content]]) -> None:
    for entry in entries:
        register = (entry.author, entry.kind, entry.scope)
        known = registers.get(register)
        if known is None or known.rank < entry.rank:
            registers[register] = entry


def _holds(entry: PollEntry[Content]) -> bool:
    return entry.content is not None
