"""What a move ends or waits for, counted at the old pod before anything is copied."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_lines
from models.moving.open_invitations import count_open_invitations
from models.people.accounts import Account, list_memberships
from pod.actions.chain.views import load_view
from pod.actions.moving.grant_messages import LeftBehind
from pod.deps import Deps


async def count_left_behind(session: AsyncSession, deps: Deps, account: Account, *, private: bool) -> LeftBehind:
    """What of an account doesn't simply come along; `private`: its words in private groups do."""
    memberships = await list_memberships(session, account.id)
    groups = [one.group_id for one in memberships if one.number is not None]
    lines = await load_lines(session, groups)
    seats = 0
    for one in memberships:
        if one.number is not None and one.group_id in lines:
            state = (await load_view(session, deps, one.group_id)).state
            seats += any(seat.member == one.number for seat in state.seats)
    return LeftBehind(
        private=0 if private else sum(line.visibility == "private" for line in lines.values()),
        invitations=await count_open_invitations(session, account.id, groups, now=deps.clock()),
        joins=sum(one.number is None and one.state != "moved" for one in memberships),
        seats=seats,
    )
