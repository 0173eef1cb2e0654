"""What a group's members may do in decisions, and the weight that each of it needs: the policy's `permissions`.

The chain asks `permissions` for the name of an event, so starting a poll is `open-poll` there (ADR 0052).
"""

from __future__ import annotations

from typing import Final, Literal

from decisions.poll_events import AUDIT, FAST_FORWARD, OPEN_POLL
from protocol.state import GroupState

TAKING_PART: Final = (OPEN_POLL, "propose", "predict", "bet", "vote", "delegate", "be_delegate", "evaluate")
OF_OWNERS: Final = frozenset({FAST_FORWARD, AUDIT})
ALL: Final = (*TAKING_PART, FAST_FORWARD, AUDIT)
Holders = Literal["owners", "voters", "members", "nobody", "some"]


def may_ask(state: GroupState, weight: int | None) -> bool:
    """Whether a member of this weight starts polls; None: nobody of the group."""
    open_still = state.kind == "group" and state.succeeded_by is None
    return open_still and weight is not None and weight >= max(0, state.permission(OPEN_POLL))


def usual_weight(state: GroupState, capability: str) -> int:
    """What most groups want: who may vote takes part in everything; owners end phases early and judge other groups."""
    return state.owner_weight if capability in OF_OWNERS else max(1, state.permission("vote"))


def holders_of(state: GroupState, least: int) -> Holders:
    """Whom a least weight lets in."""
    if least > state.owner_weight:
        return "nobody"
    if least == state.owner_weight:
        return "owners"
    if least <= 0:
        return "members"
    return "voters" if least <= max(1, state.permission("vote")) else "some"
