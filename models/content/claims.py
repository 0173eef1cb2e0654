"""Claims of identity: the records that claim, and the personal groups that members name."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import CLAIMS, MEMBERS
from models.groups.groups_and_items import GROUPS
from protocol.ids import RecordId


async def list_claim_records(session: AsyncSession, identity: RecordId | None, of: RecordId) -> list[RecordId]:
    """The records in which a personal group claims to be a member of the group `of`, logged or not."""
    wanted = select(CLAIMS.c.record_id).where(CLAIMS.c.group_id == identity, CLAIMS.c.of_group == of)
    return list(await session.scalars(wanted.order_by(CLAIMS.c.record_id)))


async def list_unknown_identities(session: AsyncSession, group: RecordId, limit: int) -> list[tuple[RecordId, str]]:
    """(personal group, home) of members whose personal group isn't here, the newest members first."""
    wanted = (
        select(MEMBERS.c.identity, MEMBERS.c.home_pod)
        .outerjoin(GROUPS, GROUPS.c.id == MEMBERS.c.identity)
        .where(MEMBERS.c.group_id == group, MEMBERS.c.identity.is_not(None), MEMBERS.c.left.is_(False))
        .where(GROUPS.c.id.is_(None))
        .order_by(MEMBERS.c.number.desc())
        .limit(limit)
    )
    return [(identity, pod) for identity, pod in await session.execute(wanted)]


async def is_claimed(session: AsyncSession, identity: RecordId) -> bool:
    """Whether a member of any group here names this personal group."""
    wanted = select(MEMBERS.c.number).where(MEMBERS.c.identity == identity).limit(1)
    return await session.scalar(wanted) is not None
