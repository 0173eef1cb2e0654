"""A membership that moves to another pod ends here as soon as its move is known, not only when that is sealed.

Otherwise its former home could still write records that don't count, and read what is private to the person.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from models.people.accounts import list_signing, set_membership
from pod.actions.chain.views import load_view
from pod.deps import Deps
from protocol.records.envelope import Record
from protocol.records.operation import Operation, Rehome


async def note_moves(session: AsyncSession, deps: Deps, records: Sequence[Record]) -> None:
    """End the local memberships that these operations, if the rules allow them, move to another pod."""
    for record in records:
        operation = record.content
        if not isinstance(operation, Operation) or not isinstance(operation.wish, Rehome):
            continue
        if same_origin(operation.wish.home.pod, deps.identity.base_url):
            continue
        member = (await load_view(session, deps, record.group)).state.members[operation.author]
        for membership in await list_signing(session, record.group, {member.signing}):
            await set_membership(session, membership.account_id, record.group, number=None, state="moved")
