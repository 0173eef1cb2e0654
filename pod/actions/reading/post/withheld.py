"""Which signed records hold words that the pod's floor withholds: the API gives those without their signed form.

What pods exchange is another matter: a group's pods need every record, and each shows what its own floor lets it (ADR
0038).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_sums
from models.groups.records import StoredRecord
from moderation.shown import is_hosted
from pod.actions.reading.lens.floor import load_floor
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Address, ParagraphTarget, Patch, Post, PostTarget, Token
from protocol.records.envelope import reopen_record

NOTHING = msgspec.Raw(b"null")


async def list_withheld_words(
    session: AsyncSession, deps: Deps, records: Iterable[StoredRecord]
) -> frozenset[RecordId]:
    """Those of the records that say something which the floor withholds."""
    floor = await load_floor(session, deps)
    told = {record.id: _targets(record) for record in records if not record.erased} if floor else {}
    sums = await load_sums(session, floor, [token for post, parts in told.values() for token in (*post, *parts)])

    def is_withheld(posts: tuple[Token, ...], parts: tuple[Token, ...]) -> bool:
        hosted = all(is_hosted(floor[g] + sums.get((g, token), 0) for g in floor) for token in posts)
        return not hosted or any(sums.get((group, token), 0) < 0 for group in floor for token in parts)

    return frozenset(record for record, (posts, parts) in told.items() if is_withheld(posts, parts))


def _targets(record: StoredRecord) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """(the post that a record is or edits, the paragraphs that it brings), as targets."""
    match reopen_record(record.wire).content:
        case Post() as post:
            named, count = record.id, len(post.paragraphs)
        case Patch() as patch:
            named, count = patch.post, len(patch.adds)
        case _:
            return (), ()
    parts = (ParagraphTarget(Address(record.id, index)).token for index in range(count))
    return (PostTarget(named).token,), tuple(parts)
