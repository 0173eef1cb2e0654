"""A group's state -> its members' rows; if a weight changed, the sums that this member voted on change with it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import MEMBERS
from models.content.projections.votes import reweigh
from models.engine.upserts import chunks, upsert
from protocol.ids import RecordId
from protocol.state import GroupState, Member


async def project_members(session: AsyncSession, state: GroupState, only: Collection[int] | None = None) -> None:
    """Write the members that differ from `state`; `only`: the numbers of those that may have changed."""
    group = state.group
    numbers = state.members if only is None else [number for number in only if number in state.members]
    rows = [_row(group, state.members[number]) for number in numbers]
    known = await _load_known(session, group, only)
    changed = [row for row in rows if known.get(row["number"]) != row]
    gone = [number for number in known if number not in state.members]
    # The sums first, because they were made with the old weights.
    weights = {row["number"]: (_weight(known.get(row["number"])), _weight(row)) for row in changed}
    weights |= {number: (_weight(known[number]), None) for number in gone}
    await reweigh(session, group, {number: pair for number, pair in weights.items() if pair[0] != pair[1]})
    await upsert(session, MEMBERS, changed)
    for some in chunks(gone):
        await session.execute(delete(MEMBERS).where(MEMBERS.c.group_id == group, MEMBERS.c.number.in_(some)))


def _weight(row: dict[str, Any] | None) -> int | None:
    """The weight that counts now; None if the row's member isn't a member any more."""
    return None if row is None or row["left"] else int(row["weight"])


def _row(group: RecordId, member: Member) -> dict[str, Any]:
    return {
        "group_id": group,
        "number": member.number,
        "weight": member.weight,
        "home_pod": member.home.pod,
        "signing": member.signing,
        "left": member.left,
        "joined_height": member.joined_height,
        "identity": member.identity,
    }


async def _load_known(
    session: AsyncSession, group: RecordId, only: Collection[int] | None
) -> dict[int, dict[str, Any]]:
    wanted = select(MEMBERS).where(MEMBERS.c.group_id == group)
    if only is None:
        return {row.number: dict(row._mapping) for row in await session.execute(wanted)}  # noqa: SLF001
    known: dict[int, dict[str, Any]] = {}
    for some in chunks(only):
        for row in await session.execute(wanted.where(MEMBERS.c.number.in_(some))):
            known[row.number] = dict(row._mapping)  # noqa: SLF001
    return known
