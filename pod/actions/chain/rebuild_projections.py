"""Projections are caches of records: this folds them anew and says which were different."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import rebuild_and_compare
from models.groups.groups_and_items import list_groups
from pod.actions.chain.views import load_view
from pod.deps import Deps

MOST_GROUPS = 100_000


async def rebuild_projections(deps: Deps) -> list[str]:
    """Rebuild every projection table; the names of those that differed before."""

    async def action(session: AsyncSession) -> list[str]:
        groups = await list_groups(session, MOST_GROUPS)
        states = [(await load_view(session, deps, group.id)).state for group in groups]
        return await rebuild_and_compare(session, states)

    return await deps.store.write(action)
