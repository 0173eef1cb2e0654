"""Which phase a score poll or simple poll is in at a sealed time, and when all else in it falls; only time closes it.

Rules of this file (decisions §1, "Time", "Lock", "Hidden until a phase ends", "Contest"; §2; all in milliseconds):

1. Phases follow each other from the `at` of the item that sealed open-poll: proposals, predictions, bets, voting. One
   of length 0 is skipped. At a deadline the next phase holds. The deadline falls at the first item with `at` ≥ it.
2. Bets are opened for 24 h, or a quarter of the voting if that is shorter. The contest window follows the voting, then
   the result is final. Both run from the *item* at which the phase before fell, so that they aren't over already when a
   pod that slept wakes up.
3. Delegates are locked `lock` before the end of voting, but not before half of it is over: else nobody could delegate
   to somebody who votes.
4. A prediction is evaluated from its due date, at the earliest when the result is final, for 90 days.
5. Fast-forward {target}: the target is the end of a phase as it stands at the item that seals it, later than that item
   and not later than the beginning of voting; else nothing happens. All later times move by (target − `at`). Ends that
   would come to lie before the item fall at it: what was in time stays in time. A target that is no end of a phase any
   more moves nothing, so two people who press at once go forward once (but for another end at that very ms).
6. After a tie: bets and voting once more, with the same lengths. After a contest that changes the winner: voting alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, Literal

import msgspec

from protocol.records.content import Lengths

Phase = Literal["proposals", "predictions", "bets", "voting", "contest", "final"]
ORDER: Final[tuple[Phase, ...]] = ("proposals", "predictions", "bets", "voting")

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
LOCK_MS: Final = DAY_MS
CONTEST_MS: Final = 3 * DAY_MS
MOST_OPEN_MS: Final = DAY_MS
EVALUATION_MS: Final = 90 * DAY_MS


class PollPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll's definition says about time; `opened_at` is the `at` of the item that sealed open-poll."""

    opened_at: int
    voting: int
    proposals: int = 0
    predictions: int = 0
    bets: int = 0
    lock: int = LOCK_MS
    contest: int = CONTEST_MS


def plan_of(lengths: Lengths, opened_at: int) -> PollPlan:
    """The plan of a poll that an item with this `at` opened."""
    return PollPlan(
        opened_at=opened_at,
        voting=lengths.voting,
        proposals=lengths.proposals,
        predictions=lengths.predictions,
        bets=lengths.bets,
        lock=lengths.lock,
        contest=lengths.contest,
    )


class FastForward(msgspec.Struct, frozen=True):
    """A sealed fast-forward: the `at` of its item, and the boundary that it brings there."""

    at: int
    target: int


class PollTimes(msgspec.Struct, frozen=True, kw_only=True):
    """When everything in a poll falls, as far as is known: fast-forwards to come may move what is later.

    Each `…_end` but the last two is the first instant of what follows it.
    """

    opened_at: int
    proposals_end: int
    predictions_end: int
    bets_end: int
    lock_at: int
    voting_end: int
    openings_end: int
    contest_end: int

    @property
    def voting_start(self) -> int:
        """When voting begins."""
        return self.bets_end

    @property
    def boundaries(self) -> tuple[int, ...]:
        """The beginning, and the end of each of the four phases in order."""
        return (self.opened_at, self.proposals_end, self.predictions_end, self.bets_end, self.voting_end)

    @property
    def spans(self) -> tuple[tuple[Phase, int, int], ...]:
        """The phases that aren't skipped: which one, its first instant, and the first after it. `final` has no end."""
        ends = (*self.boundaries, self.contest_end)
        phases: tuple[Phase, ...] = (*ORDER, "contest")
        spans = zip(phases, pairwise(ends), strict=True)
        return tuple((phase, start, end) for phase, (start, end) in spans if start < end)

    def phase_at(self, at: int) -> Phase | None:
        """The phase that holds at a sealed time; None before the poll is open."""
        if at < self.opened_at:
            return None
        return next((phase for phase, _, end in self.spans if at < end), "final")

    def phase_end(self, at: int) -> int | None:
        """When the phase ends that holds at a sealed time; None before the first and after the last."""
        return next((end for _, start, end in self.spans if start <= at < end), None)

    def deadlines(self, after: int, until: int) -> tuple[tuple[int, str], ...]:
        """What falls after one sealed time and not after another, in order: (deadline, what).

        What it is: an ended phase, `lock`, or `openings`, the end of the opening window. In one step or in
        many it is the same: nothing falls twice or not at all.
        """
        found: list[tuple[int, str]] = [(end, phase) for phase, _, end in self.spans]
        if self.voting_start < self.voting_end:
            found.append((self.lock_at, "lock"))
        if self.openings_end > self.bets_end:
            found.append((self.openings_end, "openings"))
        return tuple(sorted(one for one in found if after < one[0] <= until))

    def evaluation(self, due_at: int) -> tuple[int, int]:
        """When a prediction with this due date is evaluated: the first instant, and the first after it."""
        start = max(due_at, self.contest_end)
        return start, start + EVALUATION_MS


def poll_times(
    plan: PollPlan,
    forwards: Iterable[FastForward] = (),
    *,
    bets_closed_at: int | None = None,
    voting_closed_at: int | None = None,
) -> PollTimes:
    """The times of a poll after these fast-forwards, in the order of the chain.

    `bets_closed_at` and `voting_closed_at` are the `at` of the items at which these phases fell; None: not yet.
    """
    opened_at, *ends = _moved(plan, forwards)
    bets_end, voting_end = ends[-2:]
    open_for = min(MOST_OPEN_MS, plan.voting // 4) if plan.bets else 0
    return PollTimes(
        opened_at=opened_at,
        proposals_end=ends[0],
        predictions_end=ends[1],
        bets_end=bets_end,
        lock_at=voting_end - min(plan.lock, plan.voting // 2),
        voting_end=voting_end,
        openings_end=max(bets_end, bets_closed_at or 0) + open_for,
        contest_end=max(voting_end, voting_closed_at or 0) + plan.contest,
    )


def second_round(plan: PollPlan, at: int) -> PollPlan:
    """The plan of bets and voting among the tied, from the item with this `at` on."""
    return msgspec.structs.replace(plan, opened_at=at, proposals=0, predictions=0)


def vote_again(plan: PollPlan, at: int) -> PollPlan:
    """The plan of the voting that is held once more after a contest; its result is final at once."""
    return msgspec.structs.replace(plan, opened_at=at, proposals=0, predictions=0, bets=0, contest=0)


def _moved(plan: PollPlan, forwards: Iterable[FastForward]) -> Sequence[int]:
    """The five boundaries after all fast-forwards that may be."""
    boundaries = [plan.opened_at]
    for phase in ORDER:
        boundaries.append(boundaries[-1] + getattr(plan, phase))
    for forward in forwards:
        voting_start = boundaries[-2]
        if forward.target in boundaries and plan.opened_at <= forward.at < forward.target <= voting_start:
            by = forward.target - forward.at
            boundaries = [max(forward.at, end - by) if end > forward.at else end for end in boundaries]
    return boundaries
