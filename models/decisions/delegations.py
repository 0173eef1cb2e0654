"""Delegations and declarations as a count and a page read them: the newest of each author and scope, and no others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.polls import DELEGATIONS
from models.engine.statements import AllKeys, Prepared
from protocol.ids import RecordId
from protocol.records.content import Delegate, Delegation

DECLARED: Final = ""  # the scope of a declaration
_TIES: Final = 8  # records of one author that have the same counter; an honest key makes one
_REGISTER: Final = ("author", "scope", "key")


class StoredDelegation(msgspec.Struct, frozen=True):
    """A delegation or declaration as it is stored."""

    record_id: RecordId
    scope: str
    place: int
    said: bytes

    @property
    def content(self) -> Delegation | Delegate:
        """What the record says."""
        return _DELEGATION.decode(self.said) if self.scope else _DELEGATE.decode(self.said)


_DELEGATE: Final = msgspec.json.Decoder(Delegate)
_DELEGATION: Final = msgspec.json.Decoder(Delegation)
_COLUMNS: Final = [DELEGATIONS.c[name] for name in StoredDelegation.__struct_fields__]


async def list_delegations(
    session: AsyncSession, group: RecordId, authors: Collection[int], *, lock: int, end: int
) -> list[StoredDelegation]:
    """Of some authors what a count may look at: by scope and key the newest below `lock`, and the newest below `end`.

    A count reads everybody's (`models.decisions.logged`).
    """
    found: dict[RecordId, StoredDelegation] = {}
    for below in {lock, end}:
        rows = await _OF_AUTHORS.run(session, authors, group=group, below=below)
        found |= {row[0]: StoredDelegation(*row) for row in rows}
    return sorted(found.values(), key=lambda one: one.place)


def _newest(wanted: ColumnElement[bool]) -> Select[Any]:
    own = (DELEGATIONS.c.group_id == bindparam("group"), DELEGATIONS.c.place < bindparam("below"), wanted)
    register = [DELEGATIONS.c[name] for name in _REGISTER]
    newest = select(*register, func.max(DELEGATIONS.c.counter).label("counter")).where(*own).group_by(*register)
    table = newest.subquery("newest")
    same = and_(*(DELEGATIONS.c[name] == table.c[name] for name in (*_REGISTER, "counter")))
    return select(*_COLUMNS).join(table, same).where(*own)


_OF_AUTHORS: Final = AllKeys(lambda keys: _newest(DELEGATIONS.c.author.in_(keys)))


async def list_lists_of(session: AsyncSession, group: RecordId, author: int) -> list[StoredDelegation]:
    """A member's newest delegation in each scope and declaration, also those that the log lacks."""
    found: dict[str, StoredDelegation] = {}
    for one in await list_delegations(session, group, [author], lock=_ANY, end=_ANY):
        held = found.get(one.scope)
        if held is None or _rank(held) < _rank(one):
            found[one.scope] = one
    return [found[scope] for scope in sorted(found)]


_ANY: Final = 2**62


def _rank(one: StoredDelegation) -> tuple[int, int, str]:
    return one.content.key, one.content.counter, str(one.record_id)


async def was_delegate(session: AsyncSession, group: RecordId, author: int, *, below: int) -> bool:
    """Whether the newest declaration that a member had in the log below a place says so."""
    found = await list_delegations(session, group, [author], lock=below, end=below)
    newest = max((one for one in found if one.scope == DECLARED), key=_rank, default=None)
    said = newest.content if newest is not None else None
    return isinstance(said, Delegate) and said.declared


async def load_first_declared(session: AsyncSession, group: RecordId, author: int) -> int | None:
    """The place of a member's first declaration as delegate in the log; None while there is none."""
    place: int | None = await _FIRST.value(session, group=group, author=author, scope=DECLARED)
    return place


_FIRST: Final = Prepared(
    lambda _: select(func.min(DELEGATIONS.c.place)).where(
        DELEGATIONS.c.group_id == bindparam("group"),
        DELEGATIONS.c.author == bindparam("author"),
        DELEGATIONS.c.scope == bindparam("scope"),
    )
)


async def load_newest(session: AsyncSession, group: RecordId, author: int, scope: str) -> Delegation | Delegate | None:
    """What a member said last in a scope, also if the log lacks it."""
    rows = await _LATEST.run(session, group=group, author=author, scope=scope, most=_TIES)
    newest = max((StoredDelegation(*row) for row in rows), key=_rank, default=None)
    return newest.content if newest is not None else None


async def list_declarations(
    session: AsyncSession, group: RecordId, authors: Collection[int], *, most: int
) -> list[StoredDelegation]:
    """What each of these members declared, the newest first, at most so many of each; also what the log lacks."""
    found: list[StoredDelegation] = []
    for author in authors:
        rows = await _LATEST.run(session, group=group, author=author, scope=DECLARED, most=most)
        found += [StoredDelegation(*row) for row in rows]
    return found


_LATEST: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(
            DELEGATIONS.c.group_id == bindparam("group"),
            DELEGATIONS.c.author == bindparam("author"),
            DELEGATIONS.c.scope == bindparam("scope"),
        )
        .order_by(DELEGATIONS.c.key.desc(), DELEGATIONS.c.counter.desc(), DELEGATIONS.c.record_id)
        .limit(bindparam("most"))
    )
)
