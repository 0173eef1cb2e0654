"""Followers on other servers are told of a move by one Move of the old actor, which stays silent afterwards.

1. `tell_of_moves` reads the new actor's document first: no server believes a Move to an actor that doesn't name the
   old one, and most remember that they refused it. Until the document is right it is asked again, for seven days.
2. The Move goes by the queue of all deliveries, which tries a silent server for seven days.
3. `note_moves` keeps how each delivery ended, so that `list_told` shows it server by server.

Spec: portability.md section 3, step 6.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import move
from federation.actors import also_known_as
from federation.delivery import OLDEST_MS
from federation.errors import RemoteError
from models.engine.writer import after_commit
from models.fediverse.deliveries import Closing, enqueue
from models.fediverse.followers import list_follower_inboxes
from models.moving.departures import Departure, list_untold, load_departure, set_departure
from models.moving.move_deliveries import (
    ToldHost,
    ToldTotal,
    count_told,
    insert_move_deliveries,
    list_told_hosts,
    note_outcome,
)
from models.people.accounts import Account, load_account
from pod.actions.fediverse.actors import fetch_document, person_path
from pod.actions.fediverse.followers import MOST_FOLLOWERS
from pod.actions.fediverse.moved import NewPlace, place_of
from pod.blocked_hosts import for_a_move
from pod.deps import Deps
from protocol.canonical import bytes_of_checked
from protocol.errors import RefusedError

AT_ONCE: Final = 20
FIRST_PAUSE_MS: Final = 1_000
LONGEST_PAUSE_MS: Final = 600_000
HOSTS_ON_A_PAGE: Final = 200
_LOG = logging.getLogger(__name__)


class ToldOfMove(msgspec.Struct, frozen=True):
    """How far the world outside is told of a move. `waits`: the new actor doesn't name the old one yet.

    `next`: the host after which more of them follow; "" if these are all.
    """

    there: NewPlace
    soft: bool
    waits: bool
    total: ToldTotal
    hosts: tuple[ToldHost, ...]
    next: str


async def tell_of_moves(deps: Deps) -> None:
    """Queue the Moves that are due."""
    async with deps.store.database.read() as session:
        due = await list_untold(session, deps.clock(), AT_ONCE)
    for departure in due:
        await _tell(deps, departure)


async def _tell(deps: Deps, departure: Departure) -> None:
    async with deps.store.database.read() as session:
        account = await load_account(session, departure.account_id)
    there, now = place_of(departure), deps.clock()
    assert account is not None
    if there is None or departure.soft:
        await deps.store.write(partial(_set_telling, departure=departure, at=None))
        return
    if await _is_confirmed(deps, _actor_of(deps, account), there):
        await deps.store.write(partial(_queue, deps=deps, account=account, now=now))
        return
    waited = now - (departure.frozen_at or departure.agreed_at)
    # The first look is mostly too early by a moment: the new pod opens the account when it has our answer.
    pause = min(max(FIRST_PAUSE_MS, waited // 4), LONGEST_PAUSE_MS)
    at = None if waited > OLDEST_MS else now + pause
    await deps.store.write(partial(_set_telling, departure=departure, at=at))


def _actor_of(deps: Deps, account: Account) -> str:
    return f"{deps.identity.base_url}/{person_path(account.name)}"


async def _is_confirmed(deps: Deps, actor: str, there: NewPlace) -> bool:
    """Whether the new actor says that it was the old one."""
    try:
        with for_a_move():
            document = await fetch_document(deps, there.actor)
    except (RemoteError, RefusedError) as error:
        _LOG.info("%s can't be read yet: %s", there.actor, error)
        return False
    return document.get("id") == there.actor and actor in also_known_as(document)


async def _set_telling(session: AsyncSession, departure: Departure, at: int | None) -> None:
    await set_departure(session, departure.account_id, telling_at=at)


async def _queue(session: AsyncSession, deps: Deps, account: Account, now: int) -> None:
    """Queue the Move, once: another process may have done it meanwhile, or the person took the move back."""
    again = await load_departure(session, account.id)
    there = place_of(again)
    if again is None or there is None or again.telling_at is None:
        return
    actor = _actor_of(deps, account)
    body = bytes_of_checked(move(actor, there.actor, group=again.personal_group))
    inboxes = await list_follower_inboxes(session, person_path(account.name), MOST_FOLLOWERS)
    number = await enqueue(session, actor, None, body, inboxes, now=now)
    if number is not None:
        await insert_move_deliveries(session, account.id, number)
    await set_departure(session, account.id, telling_at=None, told_at=now)
    after_commit(session, deps.signals.deliver)


async def note_moves(session: AsyncSession, closings: Sequence[Closing], *, now: int) -> None:
    """Keep how deliveries of Moves ended. Only what a person's actor says of no group can be one."""
    taken: list[int] = []
    for closing in closings:
        for delivery in closing.over:
            if delivery.activity.group is not None or f"/{person_path('')}" not in delivery.activity.actor:
                continue
            why = closing.refused.get(delivery.id)
            if why is None:
                taken.append(delivery.id)
            else:
                await note_outcome(session, [delivery.id], "refused", now=now, why=why)
    if taken:
        await note_outcome(session, taken, "taken", now=now)


async def list_told(deps: Deps, account: Account, *, after: str = "") -> ToldOfMove | None:
    """How far the account's followers elsewhere are told, by server; None unless it moved away."""
    async with deps.store.database.read() as session:
        departure = await load_departure(session, account.id)
        there = place_of(departure)
        if departure is None or there is None:
            return None
        total = await count_told(session, account.id)
        hosts = await list_told_hosts(session, account.id, HOSTS_ON_A_PAGE + 1, after=after)
    shown = tuple(hosts[:HOSTS_ON_A_PAGE])
    following = shown[-1].host if len(hosts) > HOSTS_ON_A_PAGE else ""
    return ToldOfMove(there, departure.soft, departure.telling_at is not None, total, shown, following)
