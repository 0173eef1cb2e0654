"""Who may read a group: a private one only its members at home here, to others it is as if it weren't there."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.accounts import Account, load_membership
from pod.actions.chains import load_view
from pod.deps import Deps
from pod.errors import UnknownGroupError
from protocol.branches import View
from protocol.ids import RecordId
from protocol.state import GroupState

Reader = Account | None


async def load_readable(session: AsyncSession, deps: Deps, reader: Reader, group: RecordId) -> View:
    """The group's view, if the reader may see it; raises UnknownGroupError."""
    view = await load_view(session, deps, group)
    if view.state.visibility == "private" and not await _is_member(session, reader, view.state):
        # The same words as for a group that isn't here: who asks learns nothing.
        raise UnknownGroupError("This pod doesn't hold that group.")
    return view


async def _is_member(session: AsyncSession, reader: Reader, state: GroupState) -> bool:
    membership = await load_membership(session, reader.id, state.group) if reader else None
    if membership is None or membership.number is None:
        return False
    member = state.members.get(membership.number)
    return member is not None and not member.left and member.weight >= 0
