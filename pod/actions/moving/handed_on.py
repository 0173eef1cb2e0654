"""A class as it is written out again: what this pod's tables hold, and what the account brought along and they don't.

A row that is here tells its own line; what was brought under its key gives only the members that this version doesn't
know. So a group that comes along later, or a follower who follows anew, takes the place of what the copy told.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.unfolded_lines import list_handed_on, load_more_members
from protocol.canonical import canonical_bytes
from protocol.copies import CopyLine


async def with_handed_on(
    session: AsyncSession, account: int, name: str, after: str, limit: int, own: Sequence[CopyLine]
) -> list[CopyLine]:
    """The first lines of a class after a key; `own`: as many of them as this pod's tables give."""
    brought = await list_handed_on(session, account, name, after, limit)
    more = await load_more_members(session, account, name, [line.key for line in own])
    lines = {line.key: line for line in brought} | {line.key: _whole(line, more.get(line.key)) for line in own}
    return [lines[key] for key in sorted(lines)[:limit]]


def _whole(line: CopyLine, more: dict[str, object] | None) -> CopyLine:
    if not more:
        return line
    # What is known outranks what was brought: a later version may have given a member another meaning here.
    return CopyLine(line.key, canonical_bytes({**more, **msgspec.json.decode(line.text)}))
