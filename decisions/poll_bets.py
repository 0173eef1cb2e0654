"""The statements of a poll that people bet on, and what each bet, from the records of the poll (decisions §2, step 3).

Rules of this file:

1. Statements are the sound predictions by members who may predict that stand in the log when their phase ends, in the
   order of the log, up to MOST_STATEMENTS.
2. Of a member who may bet, the sealed bets with the highest (key, counter, id) that stand in the log when the phase of
   bets ends count, if they are opened in time and fit the statements (`sealed`, `bets`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from decisions.bets import read_bets
from decisions.course import PollRound
from decisions.predictions import is_sound
from decisions.proposals import LoggedSaid, May
from decisions.sealed import LoggedOpening, SealedValue, opened_values, standing_values
from protocol.ids import RecordId
from protocol.records.content import BETS_KIND, Opening, Prediction, Sealed

MOST_STATEMENTS: Final = 100


def statements_of(said: Iterable[LoggedSaid], options: Collection[str], may: May) -> tuple[LoggedSaid, ...]:
    """Rule 1; `said`: what stands in the log at the end of the phase, `options`: the ids of the poll's options."""
    found = [
        one
        for one in said
        if isinstance(one.content, Prediction)
        and may("predict", one.content.author)
        and is_sound(one.content.condition, options)
    ]
    return tuple(sorted(found, key=lambda one: one.index)[:MOST_STATEMENTS])


def sealed_bets(said: Iterable[LoggedSaid], held: PollRound, may: May) -> dict[int, SealedValue]:
    """Of each member the sealed bets that count in a round whose bets have ended, opened or not."""
    assert held.bets is not None
    values = [
        SealedValue(
            id=one.id,
            author=one.content.author,
            key=one.content.key,
            counter=one.content.counter,
            kind=BETS_KIND,
            poll=one.content.poll,
            commitment=one.content.commitment,
            leaf=one.index,
        )
        for one in said
        if isinstance(one.content, Sealed) and one.content.round == held.number and may("bet", one.content.author)
    ]
    return standing_values(values, held.bets.size)


def bets_in(
    said: Sequence[LoggedSaid], held: PollRound, statements: Collection[RecordId], may: May
) -> dict[int, dict[RecordId, int]]:
    """Rule 2: by member, the bets in thousandths of a round whose opening window has ended."""
    assert held.openings is not None
    openings = [
        LoggedOpening(one.content.sealed, one.content.value, one.content.salt or "", one.index)
        for one in said
        if isinstance(one.content, Opening)
    ]
    values = opened_values(sealed_bets(said, held, may), openings, held.openings.size)
    read = {author: read_bets(value, statements) for author, value in values.items()}
    return {author: bets for author, bets in read.items() if bets is not None}
