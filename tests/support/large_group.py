"""A group with any number of members, whose joins nobody signed: its settled state and its rows, written at once."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import project_members
from models.groups.groups_and_items import set_group
from pod.actions.chain.snapshots import keep_whole
from pod.actions.chain.views import load_view
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.parts import Home
from protocol.state import GroupState, Member, MemberKey, dump_member, dump_rest, load_state

ELSEWHERE: Final = tuple(Home(f"https://{name}.example", DidKey(f"did:key:{name}")) for name in ("one", "two", "three"))


async def enlarge(deps: Deps, group: RecordId, members: int, *, weight: int = 1000) -> None:
    """Let the group have so many members more, at home here and on three other pods; its head must be settled."""

    async def action(session: AsyncSession) -> None:
        view = await load_view(session, deps, group)
        assert view.anchor == view.head
        state = larger(view.state, members, deps.identity.home, weight=weight)
        await project_members(session, state, only=range(view.state.last_number + 1, state.last_number + 1))
        await set_group(session, group, **await keep_whole(session, state))
        deps.store.views.move(session, view)

    await deps.store.write(action)
    deps.store.views._held.clear()  # no item leads to these members


def larger(state: GroupState, members: int, home: Home, *, weight: int = 1000) -> GroupState:
    """The state with so many members more."""
    homes, known = (home, *ELSEWHERE), dict(state.members)
    for number in range(state.last_number + 1, state.last_number + members + 1):
        key = MemberKey(DidKey(f"did:key:member-{number}"), state.height, by_recovery=False)
        recovery = (DidKey(f"did:key:recovery-{number}"),)
        known[number] = Member(number, weight, homes[number % len(homes)], (key,), recovery, state.height)
    rest = dump_rest(replace(state, last_number=state.last_number + members, digest=""))
    return load_state(rest, map(dump_member, known.values()), state.invitations)
