"""Polls, ballots, and the items of a chain that opened polls; what is counted from them is no row."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Index, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from protocol.ids import RecordId
from protocol.records.content import Ballot, Poll


class PollRow(Base):
    """A poll record. `place`: see `models.content.places`; `poll`: its content as JSON; `about`: where it came from."""

    __tablename__ = "polls"
    __table_args__ = (Index(None, "group_id", "place"), Index(None, "group_id", "about"))

    id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    author: Mapped[int]
    place: Mapped[int]
    poll: Mapped[bytes]
    about: Mapped[RecordId | None]


class BallotRow(Base):
    """A ballot record, whether it counts or not. `ballot`: its content as JSON."""

    __tablename__ = "ballots"
    __table_args__ = (Index(None, "poll_id", "group_id", "place"), Index(None, "group_id", "author", "poll_id"))

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    poll_id: Mapped[RecordId]
    group_id: Mapped[RecordId]
    author: Mapped[int]
    place: Mapped[int]
    ballot: Mapped[bytes]


class DelegationRow(Base):
    """A delegation (`scope`: where) or a declaration as delegate (""), whatever it counts for. `said`: its content.

    The index has all that a search for the newest needs.
    """

    __tablename__ = "delegations"
    __table_args__ = (Index(None, "group_id", "author", "scope", "key", "counter", "place"),)

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    author: Mapped[int]
    scope: Mapped[str]
    key: Mapped[int]
    counter: Mapped[int]
    place: Mapped[int]
    said: Mapped[bytes]


class PollOpeningRow(Base):
    """An `open-poll` in an item of a chain, which may be on another branch than the head.

    `members` and `terms`: who was a member after that item, and what it says of capabilities, keepers and areas
    (`decisions.rolls`). `look_at`: from which time (ms) on an item may carry the poll further.
    """

    __tablename__ = "poll_openings"
    __table_args__ = (
        Index(None, "item_id"),
        Index(None, "group_id", "look_at"),
        Index(None, "poll_id", "group_id", "author"),  # all that a search needs: `members` may be megabytes
        {"sqlite_with_rowid": False},
    )

    poll_id: Mapped[RecordId] = mapped_column(primary_key=True)
    item_id: Mapped[RecordId] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    author: Mapped[int]
    members: Mapped[bytes]
    terms: Mapped[bytes]
    look_at: Mapped[int] = mapped_column(server_default="0")


class StoredPoll(msgspec.Struct, frozen=True):
    """A poll as it is stored."""

    id: RecordId
    group_id: RecordId
    author: int
    place: int
    poll: bytes

    @property
    def content(self) -> Poll:
        """What the record says."""
        return msgspec.json.decode(self.poll, type=Poll)


class StoredBallot(msgspec.Struct, frozen=True):
    """A ballot as it is stored."""

    record_id: RecordId
    author: int
    place: int
    ballot: bytes

    @property
    def content(self) -> Ballot:
        """What the record says."""
        return msgspec.json.decode(self.ballot, type=Ballot)


class NewOpening(msgspec.Struct, frozen=True):
    """An `open-poll` to store."""

    poll_id: RecordId
    item_id: RecordId
    position: int
    group_id: RecordId
    author: int
    members: bytes
    terms: bytes


POLLS: Final = table_of(PollRow)
BALLOTS: Final = table_of(BallotRow)
DELEGATIONS: Final = table_of(DelegationRow)
OPENINGS: Final = table_of(PollOpeningRow)
_POLL_COLUMNS = [POLLS.c[name] for name in StoredPoll.__struct_fields__]
_BALLOT_COLUMNS = [BALLOTS.c[name] for name in StoredBallot.__struct_fields__]


async def insert_openings(session: AsyncSession, openings: Collection[NewOpening]) -> None:
    """Store what opened polls; what is stored already stays."""
    await insert_new(session, OPENINGS, [msgspec.structs.asdict(one) for one in openings])


async def load_poll(session: AsyncSession, poll: RecordId) -> StoredPoll | None:
    """The poll, if its record is here."""
    rows = await _POLL.run(session, poll=poll)
    return StoredPoll(*rows[0]) if rows else None


_POLL: Final = Prepared(lambda _: select(*_POLL_COLUMNS).where(POLLS.c.id == bindparam("poll")))


async def list_polls(session: AsyncSession, group: RecordId, *, below: int, most: int) -> list[StoredPoll]:
    """The group's polls below a place, the latest first."""
    return [StoredPoll(*row) for row in await _POLLS.run(session, group=group, below=below, most=most)]


_POLLS: Final = Prepared(
    lambda _: (
        select(*_POLL_COLUMNS)
        .where(POLLS.c.group_id == bindparam("group"), POLLS.c.place < bindparam("below"))
        .order_by(POLLS.c.place.desc(), POLLS.c.id)
        .limit(bindparam("most"))
    )
)


async def list_ballots_of(session: AsyncSession, poll: RecordId, group: RecordId, author: int) -> list[StoredBallot]:
    """A member's ballots in a poll, also those that the log lacks."""
    return [StoredBallot(*row) for row in await _BALLOTS_OF.run(session, poll=poll, group=group, author=author)]


_BALLOTS_OF: Final = Prepared(
    lambda _: select(*_BALLOT_COLUMNS).where(
        BALLOTS.c.poll_id == bindparam("poll"),
        BALLOTS.c.group_id == bindparam("group"),
        BALLOTS.c.author == bindparam("author"),
    )
)
