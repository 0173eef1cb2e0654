"""Where an imported post comes from, as far as this pod asked itself: of a post from elsewhere it is its pod's claim.

Only a post signed by the present key that its author has here was written here; nobody else's `from` is told. After a
new key it isn't told any more, which is the safe side: a key of before may be that of another pod.
"""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import PostCard
from models.groups.records import load_record
from models.people.accounts import load_numbered
from protocol.records.content import Imported
from protocol.records.envelope import reopen_record


async def load_proven_origin(session: AsyncSession, card: PostCard) -> str:
    """The actor elsewhere whose post it was and that named its author here; empty if nobody here asked it."""
    origin = msgspec.json.decode(card.imported, type=Imported).from_ if card.imported else ""
    if not origin:
        return ""
    stored = await load_record(session, card.id)
    writer = await load_numbered(session, card.group_id, card.author)
    if stored is None or writer is None or writer.signing not in reopen_record(stored.wire).signers:
        return ""
    return origin
