"""Where a poll stands for one reader, as facts: what holds now, what they can do, until when, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from decisions.phases import ORDER, PollTimes
from pod.actions.decisions.counted import Phase
from pod.actions.decisions.voters import OFF_ROLL, Voter

Stage = Literal["unopened", "proposals", "predictions", "bets", "voting", "ended", "counted", "provisional", "final"]
Role = Literal["guest", "off-roll", "voter", "delegate"]
Can = Literal["nothing", "vote", "change"]

_FIXED: Final[Mapping[str, Stage]] = {
    "unopened": "unopened",
    "voting": "voting",
    "ended": "ended",
    "counted": "counted",
    "provisional": "provisional",
    "final": "final",
}
_EARLIER: Final[Mapping[str, Stage]] = {"proposals": "proposals", "predictions": "predictions", "bets": "bets"}
_AFTER: Final[Mapping[str, Stage]] = {"ended": "counted", "counted": "provisional"}


class PollStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A poll at one moment for one reader; times are in ms.

    `role`: a guest is no member; who is off the roll is one, and votes in other polls. `until`: when the stage ends, if
    a time says so, and `next` the one that follows. `votes`: what the reader's own vote counts for, a weight
    (thousandths) where weights vote; `delegated`: how many others follow it. `locked`: the reader is a delegate, and
    delegates are frozen; `lock_at`: when that will be, or was.
    """

    stage: Stage
    role: Role
    can: Can
    voted: bool
    until: int | None = None
    next: Stage | None = None
    lock_at: int | None = None
    votes: int = 0
    by_weight: bool = False
    delegated: int = 0
    locked: bool = False


def status_of(
    phase: Phase, times: PollTimes | None, voter: Voter | None, *, voted: bool, delegated: int, now: int
) -> PollStatus:
    """The status, from values alone. `voter`: the reader as a member, None for a guest and before the poll is open."""
    stage = stage_of(phase, times, now)
    until, following = _ends(stage, times)
    return PollStatus(
        stage=stage,
        role=_role(voter),
        can=_can(stage, voter, voted=voted),
        voted=voted,
        until=until,
        next=following,
        lock_at=times.lock_at if times and stage == "voting" else None,
        votes=voter.votes if voter else 0,
        by_weight=voter.by_weight if voter else False,
        delegated=delegated,
        locked=voter is not None and voter.bar == "locked",
    )


def stage_of(phase: Phase, times: PollTimes | None, now: int) -> Stage:
    """The stage that a poll is in; before voting that is one of its earlier phases."""
    if phase in _FIXED:
        return _FIXED[phase]
    held = times.phase_at(max(now, times.opened_at)) if times else None
    return _EARLIER.get(held or "", "voting")


def _role(voter: Voter | None) -> Role:
    if voter is None:
        return "guest"
    if voter.bar in OFF_ROLL:
        return "off-roll"
    return "delegate" if voter.delegate else "voter"


def _can(stage: Stage, voter: Voter | None, *, voted: bool) -> Can:
    if stage != "voting" or voter is None or voter.bar is not None:
        return "nothing"
    return "change" if voted else "vote"


def _ends(stage: Stage, times: PollTimes | None) -> tuple[int | None, Stage | None]:
    """When the stage ends, and what follows it."""
    if times is None:
        return None, None
    if stage == "provisional":
        return times.contest_end, "final"
    if stage not in ORDER:
        return None, _AFTER.get(stage)
    ends: dict[str, int] = {phase: end for phase, _, end in times.spans}
    later = (phase for phase in ORDER[ORDER.index(stage) + 1 :] if phase in ends)
    following: Stage = next(later, "counted")  # type: ignore[arg-type]
    return ends.get(stage), following
