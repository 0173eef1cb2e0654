"""Records get places in their log, or lose them with a lost branch: what is ordered by them follows."""

from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import select_place
from models.content.posts_and_votes import POSTS, SHEETS, VOTES
from models.content.projections.votes import note_reposts
from models.engine.upserts import chunks
from protocol.ids import RecordId


async def project_places(session: AsyncSession, records: Collection[RecordId]) -> None:
    """Let the rows of these records stand where the store says now that the records stand."""
    targets: set[tuple[RecordId, bytes]] = set()
    for some in chunks(records):
        for own_id in (POSTS.c.id, SHEETS.c.record_id):
            place = select_place(own_id).scalar_subquery()
            await session.execute(update(own_id.table).where(own_id.in_(some)).values(place=place))
        moved = (
            update(VOTES)
            .where(VOTES.c.record_id.in_(some), VOTES.c.reposted.is_not(None))
            .values(repost_place=select_place(VOTES.c.record_id).scalar_subquery())
            .returning(VOTES.c.group_id, VOTES.c.target)
        )
        targets.update((group, target) for group, target in await session.execute(moved))
    await note_reposts(session, targets)
