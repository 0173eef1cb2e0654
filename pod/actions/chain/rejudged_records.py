"""Which pending records still count when a head moves: the door's rules are applied again to the members concerned.

A record is judged by the state before the first seal that covers it. So while it waits, a changed weight or key may
take it out (it is refused, and its author's rows are folded anew), and another branch may let it in again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import refold_author
from models.groups.records import PENDING, REFUSED, list_authors_of, list_of_author, list_refused_of, set_state
from pod.actions.chain.closed_groups import takes_kind
from protocol.authorship import check_standing
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.proofs import signers_of_wire
from protocol.state import GroupState


async def refuse_pending(session: AsyncSession, state: GroupState, members: Iterable[int]) -> None:
    """Refuse the pending records of these members that `state` no longer allows."""
    concerned = [number for number in members if _may_have_lost(state, number)]
    for author in concerned:
        await _judge(session, state, author)


async def let_back(session: AsyncSession, state: GroupState, newcomers: Collection[int]) -> None:
    """Judge the refused records of these new members again: a lost branch may have had them as members."""
    for author in await list_refused_of(session, state.group, newcomers) if newcomers else ():
        await _judge(session, state, author)


async def judge_anew(session: AsyncSession, state: GroupState) -> None:
    """Judge all pending and refused records of the group again."""
    for author in await list_authors_of(session, state.group, (PENDING, REFUSED)):
        await _judge(session, state, author)


def _may_have_lost(state: GroupState, number: int) -> bool:
    member = state.members.get(number)  # None: the join is on a branch that lost
    return member is None or member.left or member.weight < 0 or len(member.keys) > 1


async def _judge(session: AsyncSession, state: GroupState, author: int) -> None:
    records = await list_of_author(session, state.group, (PENDING, REFUSED), author)
    out: list[RecordId] = []
    back: list[RecordId] = []
    for record in records:
        stands = stands_in(state, author, record.key or 0, record.wire)
        if stands and record.state == REFUSED and takes_kind(state, record.type):
            back.append(record.id)
        elif not stands and record.state == PENDING:
            out.append(record.id)
    await set_state(session, out, REFUSED)
    await set_state(session, back, PENDING)
    if out or back:
        await refold_author(session, state.group, author)


def stands_in(state: GroupState, author: int, key: int, wire: bytes) -> bool:
    """Whether a stored record counts in a state, by its author's key, weight and membership there."""
    try:
        check_standing(state, author, key, signers_of_wire(wire))
    except RefusedError:
        return False
    return True
