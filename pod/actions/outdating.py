"""Records by a key that was replaced count only if the log has them below the replacement; others stop counting here.

A pod may have accepted a record that no log ever took: its author's pod was lost, or seized, and the author went on
elsewhere with a new key. Pods that never saw the record don't count it, so neither may those that did.
Spec: protocol.md section 3, operations.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.projections import refold_author
from models.records import list_pending_keys, refuse_pending
from pod.actions.chains import load_view
from pod.deps import Deps
from protocol.state import GroupState


async def refuse_outdated(deps: Deps, state: GroupState) -> None:
    """Refuse what is pending by replaced keys. To be called with the whole log held: entries still to come count."""
    if all(len(member.keys) == 1 for member in state.members.values()):
        return
    async with deps.database.read() as session:
        if not _outdated(state, await list_pending_keys(session, state.group)):
            return

    async def action(session: AsyncSession) -> None:
        now_state = (await load_view(session, deps, state.group)).state
        if now_state.log.size != state.log.size:
            return
        outdated = _outdated(now_state, await list_pending_keys(session, state.group))
        for author, key in outdated:
            await refuse_pending(session, state.group, author, key)
        for author in sorted({author for author, _ in outdated}):
            await refold_author(session, state.group, author)

    await deps.write(action)


def _outdated(state: GroupState, pending: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [
        (author, key)
        for author, key in pending
        if author in state.members and key < len(state.members[author].keys) - 1
    ]
