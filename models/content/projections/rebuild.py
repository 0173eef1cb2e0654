"""Projections from nothing: empty the tables, fold every record and state, and say what came out different."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import CLAIMS, ERASURES, MEMBERS, POSTS, PROFILES, SCORES, SHEETS, VOTES
from models.content.projections.fold import fold_stored
from models.content.projections.members import project_members
from models.content.search import SEARCHED
from models.decisions.delegates import FOLLOWED, OFFERS
from models.decisions.polls import BALLOTS, DELEGATIONS, POLLS
from models.decisions.said import SAID
from protocol.state import GroupState

OF_DECISIONS = (BALLOTS, DELEGATIONS, FOLLOWED, OFFERS, POLLS, SAID)
PROJECTED = (*OF_DECISIONS, CLAIMS, ERASURES, MEMBERS, POSTS, PROFILES, SCORES, SEARCHED, SHEETS, VOTES)


async def rebuild(session: AsyncSession, states: Iterable[GroupState]) -> int:
    """Empty all projections and fold the store and the groups' states anew; return how many records were folded."""
    for table in PROJECTED:
        await session.execute(delete(table))
    for state in states:
        await project_members(session, state)
    return await fold_stored(session, None)


async def dump_projection(session: AsyncSession) -> Mapping[str, bytes]:
    """Each projection table as bytes: one JSON line a row, in the order of its primary key."""
    dumps = {}
    for table in PROJECTED:
        rows = await session.execute(select(table).order_by(*table.primary_key))
        dumps[table.name] = b"\n".join([msgspec.json.encode(tuple(row)) for row in rows])
    return dumps


async def rebuild_and_compare(session: AsyncSession, states: Iterable[GroupState]) -> list[str]:
    """Rebuild all projections, and name the tables that differed before; none if they were right."""
    before = await dump_projection(session)
    await rebuild(session, states)
    after = await dump_projection(session)
    return [name for name in sorted(after) if before[name] != after[name]]
