"""Which signed records hold words that the pod's floor withholds: the API gives those without their signed form.

What pods exchange is another matter: a group's pods need every record, and each shows what its own floor lets it (ADR
0038).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

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
    AreaVote,
    OfEach,
    Opening,
    ParagraphTarget,
    Post,
    PostTarget,
    Prediction,
    ProfileTarget,
    Proposal,
    SubjectTarget,
    Token,
    Vote,
)
from protocol.records.envelope import reopen_record

NOTHING = msgspec.Raw(b"null")
# As targets: what a record is, edits or answers, all of which must be hosted; and the paragraphs that it adds.
Held = tuple[tuple[Token, ...], tuple[Token, ...]]
NO_WORDS: Final[Held] = ((), ())
InPoll = Proposal | AreaVote | Prediction | Opening


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


def _targets(record: StoredRecord) -> Held:
    kind = WORDS.of(record.type)
    return kind(record.id, reopen_record(record.wire).content) if kind is not None else NO_WORDS


def _parts(record: RecordId, count: int) -> tuple[Token, ...]:
    return tuple(ParagraphTarget(Address(record, index)).token for index in range(count))


def _post(record: RecordId, post: Post) -> Held:
    reply = post.reply_to
    subject = (SubjectTarget(reply.subject).token,) if reply and reply.subject else ()
    return (PostTarget(record).token, *subject), _parts(record, len(post.paragraphs))


def _vote(_: RecordId, vote: Vote) -> Held:
    return ((vote.target.token,), ()) if isinstance(vote.target, SubjectTarget) else NO_WORDS


def _in_poll(record: RecordId, said: InPoll) -> Held:
    """What is said in a poll isn't shown where the poll isn't."""
    parts = _parts(record, len(said.paragraphs)) if isinstance(said, Proposal) else ()
    return (PostTarget(record).token, PostTarget(said.poll).token), parts


def _itself(record: RecordId, _: object) -> Held:
    return (PostTarget(record).token,), ()


def _nothing(_: RecordId, __: object) -> Held:
    return NO_WORDS


# An opened value may be any text, and the name of an area, too.
WORDS: Final[OfEach[Callable[[RecordId, Any], Held]]] = OfEach(
    Profile=lambda record, _: ((ProfileTarget(record).token,), ()),
    Post=_post,
    Patch=lambda record, patch: ((PostTarget(patch.post).token,), _parts(record, len(patch.adds))),
    Vote=_vote,
    Erase=_nothing,
    Claim=_nothing,
    GuestRecord=_itself,
    Poll=lambda record, poll: ((PostTarget(record).token,), _parts(record, len(poll.paragraphs))),
    Ballot=_nothing,
    Delegate=_itself,
    Delegation=_itself,
    Proposal=_in_poll,
    AreaVote=_in_poll,
    Prediction=_in_poll,
    Sealed=_nothing,
    LotShare=_nothing,
    Opening=_in_poll,
    Evaluation=_nothing,
    Confirm=_nothing,
)
