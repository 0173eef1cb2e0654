"""When the phases of a poll begin and end, from its lengths and the sealed time of the item that opened it."""

from __future__ import annotations

from typing import Final

import msgspec

from protocol.records.content import Lengths

LOCK_MS: Final = 24 * 3_600_000


class Times(msgspec.Struct, frozen=True):
    """Milliseconds: when voting begins, delegates are frozen, voting ends, and nobody can contest any more."""

    voting: int
    lock: int
    end: int
    final: int


def times_of(lengths: Lengths, opened: int) -> Times:
    """The times of a poll that an item with this `at` opened."""
    voting = opened + lengths.proposals + lengths.predictions + lengths.bets
    end = voting + lengths.voting
    lock = min(LOCK_MS, lengths.voting // 4) if lengths.lock is None else lengths.lock
    return Times(voting, max(voting, end - lock), end, end + lengths.contest)
