"""Who may read a group: a private one only its members and their pods, to others it is as if it weren't there.

A private group answers (ADR 0025)
- a member at home here, by token;
- a pod that is home to a member with weight >= 0 who hasn't left;
- whoever holds the current recovery key of such a member, for a new home needs chain and log before it is one;
- with its chain alone, which a join can't be written without: whoever holds the key of an invitation that would be
  taken now.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from federation.readers import VerifiedHolder, VerifiedPod, VerifiedReader
from models.groups.groups_and_items import load_group
from models.people.accounts import Account, load_membership
from pod.actions.chain.views import load_view
from pod.actions.private_groups import counts, is_home, unknown_group
from pod.deps import Deps
from protocol.branches import View
from protocol.canonical import check_value
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_RECORD_DEPTH
from protocol.operations import check_invitation
from protocol.records.operation import open_invitation
from protocol.state import GroupState

Reader = Account | None
Puller = Account | VerifiedReader | None
Part = Literal["all", "chain"]


async def load_readable(
    session: AsyncSession, deps: Deps, reader: Puller, group: RecordId, *, part: Part = "all"
) -> View:
    """The group's view, if the reader may see this part of the group; raises UnknownGroupError."""
    view = await load_view(session, deps, group)
    if view.state.visibility == "private" and not await _may_read(session, deps, reader, view.state, part):
        raise unknown_group()
    return view


async def is_open(deps: Deps, group: RecordId) -> bool:
    """Whether the group is here and anybody may read it."""
    async with deps.store.database.read() as session:
        stored = await load_group(session, group)
    return stored is not None and stored.visibility != "private"


async def _may_read(session: AsyncSession, deps: Deps, reader: Puller, state: GroupState, part: Part) -> bool:
    match reader:
        case Account():
            return await _is_member(session, reader, state)
        case VerifiedPod():
            return is_home(state, reader.actor)
        case VerifiedHolder():
            return _recovers(state, reader) or (part == "chain" and _is_invited(state, reader, now=deps.clock()))
        case None:
            return False


async def _is_member(session: AsyncSession, reader: Account, state: GroupState) -> bool:
    membership = await load_membership(session, reader.id, state.group)
    if membership is None or membership.number is None:
        return False
    member = state.members.get(membership.number)
    return member is not None and counts(member)


def _is_invited(state: GroupState, reader: VerifiedHolder, *, now: int) -> bool:
    if reader.invitation is None:
        return False
    try:
        check_value(reader.invitation, max_depth=MAX_RECORD_DEPTH)
        invitation = open_invitation(reader.invitation, verify=True)
        check_invitation(state, invitation, at=max(now, state.at))
    except RefusedError:
        return False
    return invitation.content.to == reader.key


def _recovers(state: GroupState, reader: VerifiedHolder) -> bool:
    number = state.keys.get(reader.key)
    member = state.members[number] if number is not None else None
    return member is not None and counts(member) and member.recovery[-1] == reader.key
