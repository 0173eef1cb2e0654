"""What can be searched: one text a record, by its `seq`; a projection, and its index keeps itself in step.

SQLite has a table `searched_index` (FTS5) that triggers fill, PostgreSQL an index over the words.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Index, Select, delete, func, literal_column, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.content.posts_and_votes import PROFILES
from models.content.word_pieces import asked_pieces
from models.engine.columns import Base, table_of
from models.groups.groups_and_items import GROUPS
from protocol.ids import RecordId


class SearchedRow(Base):
    """The text of a post, a patch's additions, a profile, a poll or a proposal, and its words.

    They are cut by `models.content.word_pieces`. `post_id`: the post or poll in which people read the words.
    """

    __tablename__ = "searched"
    __table_args__ = (Index(None, "group_id", "author"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    record_id: Mapped[RecordId] = mapped_column(unique=True)
    post_id: Mapped[RecordId | None]
    group_id: Mapped[RecordId]
    author: Mapped[int]
    kind: Mapped[str]
    language: Mapped[str]
    text: Mapped[str]
    words: Mapped[str]


class FoundRecord(msgspec.Struct, frozen=True):
    """A record whose words match."""

    seq: int
    record_id: RecordId
    post_id: RecordId | None
    group_id: RecordId
    author: int
    kind: str
    language: str
    text: str


SEARCHED = table_of(SearchedRow)
_COLUMNS = [SEARCHED.c[name] for name in FoundRecord.__struct_fields__]


class Query(msgspec.Struct, frozen=True):
    """Terms, and where to look for them; an empty field means everywhere in public groups and those in `own`."""

    terms: str
    own: tuple[RecordId, ...] = ()
    kinds: tuple[str, ...] = ()
    group: RecordId | None = None
    language: str = ""


async def search(session: AsyncSession, query: Query, limit: int, *, before: int | None = None) -> list[FoundRecord]:
    """Records that have all pieces of the terms, the latest here first; `has_terms` then checks their order.

    Private and unlisted groups are searched only if they are in `own`. Members who don't want to be found aren't.
    """
    pieces = asked_pieces(query.terms)
    if not pieces:
        return []
    wanted = _narrowed(select(*_COLUMNS), query).where(
        _matches(session, pieces), SEARCHED.c.seq < before if before is not None else true()
    )
    rows = await session.execute(wanted.order_by(SEARCHED.c.seq.desc()).limit(limit))
    return [FoundRecord(*row) for row in rows]


async def forget_searched(session: AsyncSession, records: Collection[RecordId]) -> None:
    """Remove the words of these records."""
    await session.execute(delete(SEARCHED).where(SEARCHED.c.record_id.in_(list(records))))


def _matches(session: AsyncSession, pieces: Sequence[str]) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "sqlite":
        phrase = " ".join(f'"{piece}"*' for piece in pieces)
        found = text("SELECT rowid FROM searched_index WHERE searched_index MATCH :phrase").bindparams(phrase=phrase)
        return SEARCHED.c.seq.in_(found.columns(literal_column("rowid")).subquery().select())
    asked = func.to_tsquery("simple", " & ".join(f"{piece}:*" for piece in pieces))
    matched: ColumnElement[bool] = func.to_tsvector(literal_column("'simple'::regconfig"), SEARCHED.c.words).op("@@")(
        asked
    )
    return matched


def _narrowed(wanted: Select[Any], query: Query) -> Select[Any]:
    table = SEARCHED.c
    may_find = or_(GROUPS.c.visibility == "public", table.group_id.in_(query.own))
    profile = (PROFILES.c.group_id == table.group_id) & (PROFILES.c.member == table.author)
    # Only a member's newest profile may be found.
    current = or_(table.kind != "profile", PROFILES.c.record_id == table.record_id)
    return (
        wanted.join(GROUPS, GROUPS.c.id == table.group_id)
        .outerjoin(PROFILES, profile)
        .where(may_find, current, func.coalesce(PROFILES.c.indexable, True))
        .where(table.kind.in_(query.kinds) if query.kinds else true())
        .where(table.group_id == query.group if query.group else true())
        .where(table.language == query.language if query.language else true())
    )
