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
from protocol.records.content import (
    Address,
    Delegate,
    ParagraphTarget,
    Patch,
    Poll,
    Post,
    PostTarget,
    Profile,
    ProfileTarget,
    SubjectTarget,
    Token,
    Vote,
)
from protocol.records.envelope import reopen_record

NOTHING = msgspec.Raw(b"null")


async def list_withheld_words(
    session: AsyncSession, deps: Deps, records: Iterable[StoredRecord]
) -> frozenset[RecordId]:
    """Those of the records that hold words which the floor withholds."""
    floor = await load_floor(session, deps)
    told = {record.id: _targets(record) for record in records if not record.erased} if floor else {}
    sums = await load_sums(session, floor, [token for whole, parts in told.values() for token in (*whole, *parts)])

    def is_withheld(whole: tuple[Token, ...], parts: tuple[Token, ...]) -> bool:
        hosted = all(is_hosted(floor[g] + sums.get((g, token), 0) for g in floor) for token in whole)
        return not hosted or any(sums.get((group, token), 0) < 0 for group in floor for token in parts)

    return frozenset(record for record, (whole, parts) in told.items() if is_withheld(whole, parts))


def _targets(record: StoredRecord) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """As targets: (the post, poll, profile or name that a record is, edits or answers, the paragraphs that it adds)."""
    match reopen_record(record.wire).content:
        case Post(reply_to=reply) as post:
            subject = (SubjectTarget(reply.subject).token,) if reply and reply.subject else ()
            return (PostTarget(record.id).token, *subject), _parts(record.id, len(post.paragraphs))
        case Patch() as patch:
            return (PostTarget(patch.post).token,), _parts(record.id, len(patch.adds))
        case Poll() as poll:
            return (PostTarget(record.id).token,), _parts(record.id, len(poll.paragraphs))
        case Delegate():
            return (PostTarget(record.id).token,), ()
        case Profile():
            return (ProfileTarget(record.id).token,), ()
        case Vote(target=SubjectTarget() as subject):
            return (subject.token,), ()
        case _:
            return (), ()


def _parts(record: RecordId, count: int) -> tuple[Token, ...]:
    return tuple(ParagraphTarget(Address(record, index)).token for index in range(count))
