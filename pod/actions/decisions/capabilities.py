"""What a group's members may do in decisions, and the weight that each of it needs: the policy's `permissions`.

The chain asks `permissions` for the name of an event, so starting a poll is `open-poll` there (ADR 0052).
"""

from __future__ import annotations

from decisions.poll_events import OPEN_POLL
from protocol.state import GroupState


def may_ask(state: GroupState, weight: int | None) -> bool:
    """Whether a member of this weight starts polls; None: nobody of the group."""
    open_still = state.kind == "group" and state.succeeded_by is None
    return open_still and weight is not None and weight >= max(0, state.permission(OPEN_POLL))
