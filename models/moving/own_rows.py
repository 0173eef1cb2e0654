"""What a copy of an account reads of the tables that name the account: a keyset for each, in the order of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Column, ColumnElement, Select, Table, Text, collate, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.decision_subscriptions import SUBSCRIPTIONS
from models.decisions.poll_drafts import POLL_DRAFTS
from models.fediverse.followers import FOLLOWERS
from models.fediverse.readers import READERS
from models.people.accounts import MEMBERSHIPS
from models.people.mutes import BLOCKS
from models.people.subscriptions import FOLLOWINGS
from models.people.wanted_claims import WANTED

_BYTES_OF: Final = {"sqlite": "BINARY", "postgresql": "C"}


class OwnTable(msgspec.Struct, frozen=True):
    """A table with rows of one owner. `owner`: the column that names it; `keys`: those that tell its rows apart."""

    table: Table
    owner: str
    keys: tuple[str, ...]
    told: tuple[str, ...] = ()


OWN_MEMBERSHIPS: Final = OwnTable(
    MEMBERSHIPS, "account_id", ("group_id",), ("number", "signing", "key_index", "recovery_index", "state")
)
OWN_FOLLOWINGS: Final = OwnTable(FOLLOWINGS, "account_id", ("group_id",), ("lens", "since_at"))
OWN_FOLLOWERS: Final = OwnTable(FOLLOWERS, "path", ("actor",), ("inbox", "at"))
OWN_READERS: Final = OwnTable(READERS, "group_id", ("pod",), ("at",))
OWN_MUTES: Final = OwnTable(BLOCKS, "account_id", ("group_id", "member"), ("created_at",))
OWN_SUBSCRIPTIONS: Final = OwnTable(SUBSCRIPTIONS, "account_id", ("group_id", "kind", "what"))
OWN_DRAFTS: Final = OwnTable(POLL_DRAFTS, "account_id", ("id",), ("group_id", "saved_at", "said"))
OWN_CLAIM_WISHES: Final = OwnTable(WANTED, "account_id", ("group_id",))


async def list_own_rows(
    session: AsyncSession, own: OwnTable, owner: Any, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """The owner's rows after one key, by key: each with its keys and what is told of it."""
    engine = session.get_bind().dialect.name
    keys = [_by_bytes(own.table.c[name], engine) for name in own.keys]
    wanted: Select[Any] = select(*(own.table.c[name] for name in (*own.keys, *own.told)))
    wanted = wanted.where(own.table.c[own.owner] == owner)
    if after is not None:
        given = [literal(value, own.table.c[name].type) for name, value in zip(own.keys, after, strict=True)]
        wanted = wanted.where(tuple_(*keys) > tuple_(*given))
    rows = await session.execute(wanted.order_by(*keys).limit(limit))
    return [dict(row) for row in rows.mappings()]


def _by_bytes(column: Column[Any], engine: str) -> ColumnElement[Any]:
    """Texts in the order of their bytes, whatever language the database sorts in."""
    return collate(column, _BYTES_OF[engine]) if isinstance(column.type, Text) else column
