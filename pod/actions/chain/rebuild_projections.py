"""Projections are caches of records: this folds them anew and says which were different."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import rebuild_and_compare
from models.groups.groups_and_items import list_group_ids
from pod.actions.chain.views import load_view
from pod.deps import Deps


async def rebuild_projections(deps: Deps) -> list[str]:
    """Rebuild every projection table; the names of those that differed before."""

    async def action(session: AsyncSession) -> list[str]:
        states = [(await load_view(session, deps, group)).state for group in await list_group_ids(session)]
        return await rebuild_and_compare(session, states)

    return await deps.store.write(action)
