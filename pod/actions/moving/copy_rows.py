"""The lines that no signature proves: memberships, follows, choices and actor, as this pod's tables have them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.fediverse.actor_keys import load_actor_keys
from models.groups.groups_and_items import load_lines
from models.moving.former_actors import list_former_actors
from models.moving.own_rows import (
    OWN_CLAIM_WISHES,
    OWN_DRAFTS,
    OWN_FOLLOWERS,
    OWN_FOLLOWINGS,
    OWN_MEMBERSHIPS,
    OWN_MUTES,
    OWN_READERS,
    OWN_SUBSCRIPTIONS,
    OwnTable,
    list_own_rows,
)
from models.moving.own_settings import load_own_settings
from models.people.accounts import Account
from pod.actions.chain.views import load_view
from pod.actions.sync.push import pods_of
from pod.deps import Deps
from protocol.canonical import JsonObject
from protocol.copies import CopyLine, line
from protocol.ids import RecordId, parse_id
from protocol.records.parts import integer
from protocol.rules.copies import CopyRule

Lines = Callable[[AsyncSession, Deps, Account, str, int], Awaitable[list[CopyLine]]]
_DIGITS: Final = 16
_NUMBERS: Final = ("member",)
_IDS: Final = ("group_id",)
_NAMES: Final = {"group_id": "group", "kind": "about"}  # columns whose names a line has for something else


async def list_memberships(
    session: AsyncSession, deps: Deps, account: Account, after: str, limit: int
) -> list[CopyLine]:
    """The groups of the account, each with what another pod needs to go on there."""
    past = after >= "membership0"  # a line of another kind, after all of these
    found = [] if past else await _rows(session, "membership", OWN_MEMBERSHIPS, account.id, after, limit)
    here = await load_lines(session, [row["group"] for _, row in found])
    lines: list[CopyLine] = []
    for key, row in found:
        # Where a join is under way, the group may not be here yet.
        group = here.get(row["group"])
        told = {"visibility": group.visibility, "pods": await _pods_of(session, deps, group.id)} if group else {}
        lines.append(line(key, "membership", **row, **told))
    return lines


async def _pods_of(session: AsyncSession, deps: Deps, group: RecordId) -> list[str]:
    return pods_of((await load_view(session, deps, group)).state)


async def list_follows(session: AsyncSession, deps: Deps, account: Account, after: str, limit: int) -> list[CopyLine]:
    """What the account follows, and who follows it: accounts of other servers, and pods that read its own group."""
    del deps
    kinds: list[tuple[str, OwnTable, object]] = [
        ("follower", OWN_FOLLOWERS, f"u/{account.name}"),
        ("following", OWN_FOLLOWINGS, account.id),
        ("reader", OWN_READERS, account.personal_group),
    ]
    return await _lines_of(session, kinds, after, limit)


async def list_choices(
    session: AsyncSession, account: Account, after: str, limit: int, *, private: bool
) -> list[CopyLine]:
    """What the account chose for itself alone, and what it hasn't said yet; `private`: also of private groups."""
    kinds: list[tuple[str, OwnTable, object]] = [
        ("claim-wish", OWN_CLAIM_WISHES, account.id),
        ("draft", OWN_DRAFTS, account.id),
        ("mute", OWN_MUTES, account.id),
    ]
    lines = await _lines_of(session, kinds, after, limit, private=private)
    if after < "settings" and len(lines) < limit:
        settings = msgspec.to_builtins(await load_own_settings(session, account.id))
        lines.append(line("settings", "settings", **_without_nothing(settings)))
    if len(lines) < limit:
        more = [("subscription", OWN_SUBSCRIPTIONS, account.id)]
        lines += await _lines_of(session, more, after, limit - len(lines), private=private)
    return lines


async def list_actor(session: AsyncSession, deps: Deps, account: Account, after: str, limit: int) -> list[CopyLine]:
    """The account's actor: its addresses here and before, and public keys, as long as any are needed."""
    del limit
    if after >= "actor":
        return []
    path = f"u/{account.name}"
    own_id, keys = f"{deps.identity.base_url}/{path}", await load_actor_keys(session, path)
    addresses = {name: f"{own_id}/{name}" for name in ("inbox", "outbox", "followers")}
    public = {"rsa": keys.rsa_public, "ed25519": keys.ed25519_public} if keys else {}
    former = await list_former_actors(session, account.name)
    more = {**addresses, **public, **({"former": former} if former else {})}
    return [line("actor", "actor", id=own_id, name=account.name, opened_at=account.created_at, **more)]


async def _lines_of(
    session: AsyncSession,
    kinds: Sequence[tuple[str, OwnTable, object]],
    after: str,
    limit: int,
    *,
    private: bool = True,
) -> list[CopyLine]:
    """Lines of several kinds, which stand in the order of their names."""
    lines: list[CopyLine] = []
    for kind, table, owner in kinds:
        if after < f"{kind}0" and len(lines) < limit:  # "0" is the sign after "/", so a later kind has a higher key
            found = await _rows(session, kind, table, owner, after, limit - len(lines), private=private)
            lines += [line(key, kind, **row) for key, row in found]
    return lines


async def _rows(
    session: AsyncSession, kind: str, table: OwnTable, owner: object, after: str, limit: int, *, private: bool = True
) -> list[tuple[str, JsonObject]]:
    """The key and members of each of the owner's rows after a cursor."""
    given = _keys_in(table, after.removeprefix(f"{kind}/")) if after.startswith(f"{kind}/") else None
    rows = await list_own_rows(session, table, owner, given, limit, private=private)
    return [(_key(kind, table, row), _members(row)) for row in rows]


def _key(kind: str, table: OwnTable, row: Mapping[str, Any]) -> str:
    values = (row[name] for name in table.keys)
    return "/".join([kind, *(f"{value:0{_DIGITS}d}" if type(value) is int else value for value in values)])


def _keys_in(table: OwnTable, rest: str) -> list[Any]:
    """The values of a cursor's keys; raises MalformedError."""
    parts = rest.split("/", len(table.keys) - 1)
    if len(parts) != len(table.keys):
        raise CopyRule.NO_CURSOR.error()
    return [_value(name, part) for name, part in zip(table.keys, parts, strict=True)]


def _value(name: str, part: str) -> Any:
    if name in _IDS:
        return parse_id(part)
    if name not in _NUMBERS:
        return part
    if len(part) != _DIGITS or not (part.isascii() and part.isdecimal()):
        raise CopyRule.NO_CURSOR.error()
    return integer({name: int(part)}, name, 0)


def _members(row: Mapping[str, Any]) -> JsonObject:
    """A row's members: a record holds neither null nor bytes."""
    told = {_NAMES.get(name, name): value for name, value in _without_nothing(row).items()}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in told.items()}


def _without_nothing(members: Mapping[str, Any]) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}
