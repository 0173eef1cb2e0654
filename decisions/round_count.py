"""A round of a poll is counted from what the log says: the same for a pod, and for whoever verifies a file."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from decisions.count import Count, PollQuestion, count
from decisions.course import PollFacts, PollRound
from decisions.entries import Logged, PollReading, entries_of
from decisions.rolls import Roll, Terms
from protocol.state import GroupState


@dataclass(frozen=True, slots=True)
class CountBasis:
    """What all counts of a poll have in common. `keys`: any state of the group from the end of the poll or later."""

    facts: PollFacts
    terms: Terms
    roll: Roll
    keys: GroupState


def count_round(
    basis: CountBasis,
    held: PollRound,
    logged: Iterable[Logged],
    *,
    fresh: int,
    voided: Collection[int] = (),
    quorum_met: bool | None = None,
) -> Count:
    """Count a round whose voting has ended; `logged`: ballots, delegations and declarations, more don't hurt.

    `fresh`: the first index of the log that wasn't sealed a year before the end of the voting.
    """
    facts, end = basis.facts, held.times.voting_end
    question = PollQuestion(facts.id, facts.poll, held.number, held.options, held.areas, basis.terms.parents, end)
    entries = entries_of(reading_of(facts, basis.keys, held, fresh), logged)
    assert held.locked is not None
    assert held.voting is not None
    return count(
        question,
        basis.roll,
        entries,
        lock=held.locked.size,
        end=held.voting.size,
        voided=voided,
        quorum_met=quorum_met,
    )


def reading_of(facts: PollFacts, keys: GroupState, held: PollRound, fresh: int) -> PollReading:
    """How the log is read for a round; `keys` and `fresh` as in a count."""
    end = held.times.voting_end
    return PollReading(
        poll=facts.poll,
        round=held.number,
        options=frozenset(held.options),
        may=facts.may,
        opened=facts.opened.height,
        keys=keys,
        sealed_at=lambda index: end if index >= fresh else 0,
    )
