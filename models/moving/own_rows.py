"""What a copy of an account reads of the tables that name the account: a keyset for each, in the order of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    collate,
    exists,
    func,
    select,
    tuple_,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.decision_subscriptions import SUBSCRIPTIONS
from models.decisions.poll_drafts import POLL_DRAFTS
from models.engine.statements import Prepared
from models.fediverse.followers import FOLLOWERS
from models.fediverse.readers import READERS
from models.groups.groups_and_items import GROUPS
from models.people.accounts import MEMBERSHIPS
from models.people.mutes import BLOCKS
from models.people.subscriptions import FOLLOWINGS
from models.people.wanted_claims import WANTED
from protocol.ids import RecordId

_BYTES_OF: Final = {"sqlite": "BINARY", "postgresql": "C"}


class OwnTable(msgspec.Struct, frozen=True):
    """A table with rows of one owner. `owner`: the column that names it; `keys`: those that tell its rows apart.

    `unless`: a column; rows that have a value in it aren't told.
    """

    table: Table
    owner: str
    keys: tuple[str, ...]
    told: tuple[str, ...] = ()
    unless: str = ""


OWN_MEMBERSHIPS: Final = OwnTable(
    MEMBERSHIPS, "account_id", ("group_id",), ("number", "signing", "key_index", "recovery_index", "state")
)
OWN_FOLLOWINGS: Final = OwnTable(FOLLOWINGS, "account_id", ("group_id",), ("lens", "since_at"))
OWN_FOLLOWERS: Final = OwnTable(FOLLOWERS, "path", ("actor",), ("inbox", "at"))
OWN_READERS: Final = OwnTable(READERS, "group_id", ("pod",), ("at",), unless="until")
OWN_MUTES: Final = OwnTable(BLOCKS, "account_id", ("group_id", "member"), ("created_at",))
OWN_SUBSCRIPTIONS: Final = OwnTable(SUBSCRIPTIONS, "account_id", ("group_id", "kind", "what"))
OWN_DRAFTS: Final = OwnTable(POLL_DRAFTS, "account_id", ("id",), ("group_id", "saved_at", "said"))
OWN_CLAIM_WISHES: Final = OwnTable(WANTED, "account_id", ("group_id",))


async def list_own_rows(
    session: AsyncSession, own: OwnTable, owner: Any, after: Sequence[Any] | None, limit: int, *, private: bool = True
) -> list[dict[str, Any]]:
    """The owner's rows after one key, by key: each with its keys and what is told of it.

    `private`: also those whose group is private.
    """
    given = {f"after_{name}": value for name, value in zip(own.keys, after or (), strict=after is not None)}
    rows = await _statement(own, after is not None, private).run(session, owner=owner, most=limit, **given)
    return [dict(zip((*own.keys, *own.told), row, strict=True)) for row in rows]


async def count_own_rows(session: AsyncSession, table: Table, account: int) -> int:
    """How many rows of a table are an account's."""
    counted = select(func.count()).select_from(table).where(table.c.account_id == account)
    return int(await session.scalar(counted) or 0)


async def list_hidden_groups(session: AsyncSession, account: int) -> tuple[RecordId, ...]:
    """The private groups in which the account chose something, by id: rows of these aren't told without `private`."""
    return tuple(row[0] for row in await _HIDDEN.run(session, account=account))


def _hidden(_: str) -> Select[Any]:
    choices = (BLOCKS, SUBSCRIPTIONS, POLL_DRAFTS, WANTED)
    chosen = union(*(select(one.c.group_id).where(one.c.account_id == bindparam("account")) for one in choices))
    return select(GROUPS.c.id).where(GROUPS.c.visibility == "private", GROUPS.c.id.in_(chosen)).order_by(GROUPS.c.id)


_HIDDEN: Final = Prepared(_hidden)


@cache
def _statement(own: OwnTable, going_on: bool, private: bool) -> Prepared:  # noqa: FBT001  (keys of the cache)
    def made(engine: str) -> Select[Any]:
        columns = own.table.c
        keys = [_by_bytes(columns[name], engine) for name in own.keys]
        wanted: Select[Any] = select(*(columns[name] for name in (*own.keys, *own.told)))
        wanted = wanted.where(columns[own.owner] == bindparam("owner"))
        if own.unless:
            wanted = wanted.where(columns[own.unless].is_(None))
        if not private:
            hidden = GROUPS.c.id == columns.group_id, GROUPS.c.visibility == "private"
            wanted = wanted.where(~exists().where(*hidden))
        if going_on:
            after = (bindparam(f"after_{name}", type_=columns[name].type) for name in own.keys)
            wanted = wanted.where(tuple_(*keys) > tuple_(*after))
        return wanted.order_by(*keys).limit(bindparam("most", type_=Integer))

    return Prepared(made)


def _by_bytes(column: Column[Any], engine: str) -> ColumnElement[Any]:
    """Texts in the order of their bytes, whatever language the database sorts in."""
    return collate(column, _BYTES_OF[engine]) if isinstance(column.type, Text) else column
