"""Where a poll stands for one reader, as facts: what holds now, what they can do, until when, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from decisions.phases import ORDER, PollTimes
from pod.actions.decisions.poll_course import Phase
from pod.actions.decisions.voters import OFF_ROLL, Voter

Role = Literal["guest", "off-roll", "voter", "delegate"]
Can = Literal["nothing", "vote", "change"]

_AFTER: Final[Mapping[Phase, Phase]] = {
    Phase.ENDED: Phase.COUNTED,
    Phase.DRAWING: Phase.PROVISIONAL,
    Phase.COUNTED: Phase.PROVISIONAL,
}


OVER: Final = frozenset({Phase.ENDED, Phase.DRAWING, Phase.COUNTED, Phase.PROVISIONAL, Phase.FINAL})


class PollStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A poll at one moment for one reader; times are in ms.

    `role`: a guest is no member; who is off the roll is one, and votes in other polls. `until`: when the stage ends, if
    a time says so, and `next` the one that follows. `votes`: what the reader's own vote counts for, a weight
    (thousandths) where weights vote; `delegated`: how many others follow it. `locked`: the reader is a delegate, and
    delegates are frozen; `lock_at`: when that will be, or was.
    """

    stage: Phase
    role: Role
    can: Can
    voted: bool
    until: int | None = None
    next: Phase | None = None
    lock_at: int | None = None
    votes: int = 0
    by_weight: bool = False
    delegated: int = 0
    locked: bool = False


def status_of(stage: Phase, times: PollTimes | None, voter: Voter | None, *, voted: bool, delegated: int) -> PollStatus:
    """The status, from values alone. `voter`: the reader as a member, None for a guest and before the poll is open."""
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


def _role(voter: Voter | None) -> Role:
    if voter is None:
        return "guest"
    if voter.bar in OFF_ROLL:
        return "off-roll"
    return "delegate" if voter.delegate else "voter"


def _can(stage: Phase, voter: Voter | None, *, voted: bool) -> Can:
    if stage != "voting" or voter is None or voter.bar is not None:
        return "nothing"
    return "change" if voted else "vote"


def _ends(stage: Phase, times: PollTimes | None) -> tuple[int | None, Phase | None]:
    """When the stage ends, and what follows it."""
    if times is None:
        return None, None
    if stage == "provisional":
        return times.contest_end, Phase.FINAL
    if stage not in ORDER:
        return None, _AFTER.get(stage)
    ends: dict[str, int] = {phase: end for phase, _, end in times.spans}
    later = (phase for phase in ORDER[ORDER.index(stage) + 1 :] if phase in ends)
    return ends.get(stage), Phase(next(later, Phase.COUNTED))
