"""Whether a prediction came true is said by people who had nothing to gain from it, and every change of that stays.

Rules of this file (decisions §2, step 6):

1. People with the capability `evaluate` say yes or no, from the due date on, for 90 days. Who bet on the statement has
   no say on it. One who sealed a bet that was never opened has skipped, and may evaluate.
2. Of a person's evaluations in the window the one with the highest (key, counter, id) counts. One that says neither
   takes the person's word back.
3. The outcome is what the majority says, if at least 3 people say something and yes isn't as many as no. Else the
   statement is undecided.
4. Each evaluation that changes the counts gives an outcome of its own. All are kept, so that anybody can tell what held
   at any place of the log.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from protocol.ids import RecordId

FEWEST_EVALUATIONS: Final = 3


class LoggedEvaluation(msgspec.Struct, frozen=True):
    """One person's word on one statement; None takes it back. `leaf` is the record's index in the group's log."""

    id: RecordId
    author: int
    key: int
    counter: int
    leaf: int
    happened: bool | None


class Outcome(msgspec.Struct, frozen=True):
    """What the people say once the record at `leaf` is logged."""

    leaf: int
    yes: int
    no: int

    @property
    def happened(self) -> bool | None:
        """The outcome; None: undecided."""
        if self.yes + self.no < FEWEST_EVALUATIONS or self.yes == self.no:
            return None
        return self.yes > self.no


def outcomes(
    evaluations: Iterable[LoggedEvaluation], *, evaluators: Collection[int], bettors: Collection[int], window: range
) -> tuple[Outcome, ...]:
    """All outcomes on one statement, in the order of the log.

    `evaluators` have the capability, `bettors` bet on this statement, `window` holds the indices of the log from the
    size at the due date to the size where 90 days were over.
    """
    standing: dict[int, LoggedEvaluation] = {}
    counts = {True: 0, False: 0, None: 0}
    found: list[Outcome] = []
    for said in sorted(evaluations, key=lambda evaluation: evaluation.leaf):
        before = standing.get(said.author)
        if said.leaf not in window or said.author not in evaluators or said.author in bettors:
            continue
        if before is not None and _rank(said) <= _rank(before):
            continue
        standing[said.author] = said
        counts[said.happened] += 1
        if before is not None:
            counts[before.happened] -= 1
        outcome = Outcome(said.leaf, counts[True], counts[False])
        if _tells_more(found, outcome):
            found.append(outcome)
    return tuple(found)


def outcome_at(found: Sequence[Outcome], log_size: int) -> bool | None:
    """The outcome as the first `log_size` records of the log tell it; None: undecided, or not evaluated yet."""
    known = [outcome for outcome in found if outcome.leaf < log_size]
    return known[-1].happened if known else None


def _tells_more(found: Sequence[Outcome], outcome: Outcome) -> bool:
    before = (found[-1].yes, found[-1].no) if found else (0, 0)
    return before != (outcome.yes, outcome.no)


def _rank(evaluation: LoggedEvaluation) -> tuple[int, int, RecordId]:
    return (evaluation.key, evaluation.counter, evaluation.id)
