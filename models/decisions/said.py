"""What members said in the phases of polls beside ballots; what counts of it, `decisions` says."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Index, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import AllKeys, Prepared
from protocol.ids import RecordId
from protocol.records.content import (
    AreaVote,
    Evaluation,
    LotShare,
    Opening,
    Prediction,
    Proposal,
    Sealed,
)

SaidInPoll = Proposal | AreaVote | Prediction | Sealed | LotShare | Opening | Evaluation


class SaidRow(Base):
    """A record of a poll other than a ballot. `type`: its kind; `said`: its content as JSON."""

    __tablename__ = "said_in_polls"
    __table_args__ = (
        Index(None, "poll_id", "group_id", "type", "author", "place"),
        Index(None, "group_id", "author", "poll_id"),
    )

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    poll_id: Mapped[RecordId]
    group_id: Mapped[RecordId]
    author: Mapped[int]
    type: Mapped[str]
    place: Mapped[int]
    said: Mapped[bytes]


class StoredSaid(msgspec.Struct, frozen=True):
    """What a member said in a poll, as it is stored."""

    record_id: RecordId
    type: str
    author: int
    place: int
    said: bytes

    @property
    def content(self) -> SaidInPoll:
        """What the record says."""
        said: SaidInPoll = _DECODERS[self.type].decode(self.said)
        return said


SAID: Final = table_of(SaidRow)
_KINDS: Final = (Proposal, AreaVote, Prediction, Sealed, LotShare, Opening, Evaluation)
_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {kind.__name__: msgspec.json.Decoder(kind) for kind in _KINDS}
_COLUMNS = [SAID.c[name] for name in StoredSaid.__struct_fields__]


async def list_said(
    session: AsyncSession, poll: RecordId, group: RecordId, types: Collection[str], *, below: int
) -> list[StoredSaid]:
    """A poll's records of these types whose places are below `below`, in the order of the log."""
    found = await _SAID.run(session, poll=poll, group=group, types=list(types), below=below)
    return [StoredSaid(*row) for row in found]


_SAID: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(
            SAID.c.poll_id == bindparam("poll"),
            SAID.c.group_id == bindparam("group"),
            SAID.c.type.in_(bindparam("types", expanding=True)),
            SAID.c.place < bindparam("below"),
        )
        .order_by(SAID.c.place, SAID.c.record_id)
    )
)


async def list_evaluated(session: AsyncSession, poll: RecordId, group: RecordId, author: int) -> set[RecordId]:
    """The predictions of a poll of which a member has said whether they came true, and hasn't taken that back."""
    rows = await _EVALUATED.run(session, poll=poll, group=group, author=author)
    said = sorted((_DECODERS["Evaluation"].decode(row) for (row,) in rows), key=lambda one: (one.key, one.counter))
    last = {one.prediction: one.happened for one in said}
    return {RecordId(prediction) for prediction, happened in last.items() if happened is not None}


_EVALUATED: Final = Prepared(
    lambda _: select(SAID.c.said).where(
        SAID.c.poll_id == bindparam("poll"),
        SAID.c.group_id == bindparam("group"),
        SAID.c.type == "Evaluation",
        SAID.c.author == bindparam("author"),
    )
)


async def list_authors(session: AsyncSession, poll: RecordId, group: RecordId, kind: str) -> list[int]:
    """Who wrote records of a kind in a poll: as much work as they are, however much each of them wrote."""
    return [author for (author,) in await _AUTHORS.run(session, poll=poll, group=group, kind=kind)]


def _authors(_: str) -> Select[Any]:
    of_kind = (
        SAID.c.poll_id == bindparam("poll"),
        SAID.c.group_id == bindparam("group"),
        SAID.c.type == bindparam("kind"),
    )
    found = select(func.min(SAID.c.author).label("author")).where(*of_kind).cte("found", recursive=True)
    following = select(func.min(SAID.c.author)).where(*of_kind, SAID.c.author > found.c.author).scalar_subquery()
    found = found.union_all(select(following).where(found.c.author.is_not(None)))
    return select(found.c.author).where(found.c.author.is_not(None))


_AUTHORS: Final = Prepared(_authors)


async def list_said_by(
    session: AsyncSession, poll: RecordId, group: RecordId, kind: str, authors: Collection[int], *, below: int
) -> list[StoredSaid]:
    """A poll's records of a kind by these members whose places are below `below`, in no order."""
    found = await _SAID_BY.run(session, authors, poll=poll, group=group, kind=kind, below=below)
    return [StoredSaid(*row) for row in found]


_SAID_BY: Final = AllKeys(
    lambda keys: select(*_COLUMNS).where(
        SAID.c.author.in_(keys),
        SAID.c.poll_id == bindparam("poll"),
        SAID.c.group_id == bindparam("group"),
        SAID.c.type == bindparam("kind"),
        SAID.c.place < bindparam("below"),
    )
)


async def count_said(session: AsyncSession, poll: RecordId, group: RecordId, kind: str, author: int) -> int:
    """How many records of a kind a member has in a poll, also those that the log lacks."""
    found: int = await _COUNT.value(session, poll=poll, group=group, kind=kind, author=author)
    return found


_COUNT: Final = Prepared(
    lambda _: (
        select(func.count())
        .select_from(SAID)
        .where(
            SAID.c.poll_id == bindparam("poll"),
            SAID.c.group_id == bindparam("group"),
            SAID.c.type == bindparam("kind"),
            SAID.c.author == bindparam("author"),
        )
    )
)


async def load_poll_of(session: AsyncSession, group: RecordId, record: RecordId) -> RecordId | None:
    """The poll in which a record of this group proposes or predicts something."""
    types = SAID.c.type.in_(("Proposal", "Prediction"))
    wanted = select(SAID.c.poll_id).where(SAID.c.record_id == record, SAID.c.group_id == group, types)
    return (await session.execute(wanted)).scalar_one_or_none()


async def load_statements_named(
    session: AsyncSession, group: RecordId, statements: Collection[RecordId]
) -> dict[RecordId, str]:
    """What these predictions of a group's polls say."""
    found = await _STATED.run(session, group=group, statements=list(statements))
    return {record: _DECODERS["Prediction"].decode(said).statement for record, said in found}


_STATED: Final = Prepared(
    lambda _: select(SAID.c.record_id, SAID.c.said).where(
        SAID.c.record_id.in_(bindparam("statements", expanding=True)),
        SAID.c.group_id == bindparam("group"),
        SAID.c.type == "Prediction",
    )
)


async def load_proposals_named(
    session: AsyncSession, proposals: Collection[RecordId]
) -> dict[RecordId, tuple[RecordId, str]]:
    """The poll and the title of each of these proposals."""
    found = await _PROPOSED.run(session, proposals=list(proposals))
    return {record: (poll, _DECODERS["Proposal"].decode(said).title) for record, poll, said in found}


_PROPOSED: Final = Prepared(
    lambda _: select(SAID.c.record_id, SAID.c.poll_id, SAID.c.said).where(
        SAID.c.record_id.in_(bindparam("proposals", expanding=True)), SAID.c.type == "Proposal"
    )
)
