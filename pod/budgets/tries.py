"""How often something may be tried: a bucket of tries for each kind and key, which fills again by time.

All processes take from the same buckets. Keys are what tries are counted by: an address, an account, a name that was
typed. Only their hashes are held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from ipaddress import ip_network
from typing import Any, Final

import msgspec

from models.engine.databases import Database
from models.engine.writer import Writer
from models.pod.tries import TRY_MILLI, Also, load_left, take_try
from pod.rules.accounts import AccountRule

MINUTE_MS: Final = 60_000
ONE_NETWORK: Final = "/64"
NETWORKS: Final = 8  # a provider's customer may try as often as so many networks together


class Rate(msgspec.Struct, frozen=True):
    """`most` tries at once; one more comes each `every_ms`."""

    most: int
    every_ms: int


RATES: Final[Mapping[str, Rate]] = {
    "sign-in of an address": Rate(20, MINUTE_MS),
    # A name's tries by one address; by all addresses together, which slows strangers down; and by a browser that
    # signed in with the account before, which nobody else can use up.
    "sign-in of a name": Rate(5, 5 * MINUTE_MS),
    "sign-in of a name by all": Rate(30, MINUTE_MS),
    "sign-in from a known browser": Rate(5, 5 * MINUTE_MS),
    "code of an address": Rate(30, MINUTE_MS),
    "second factor of an account": Rate(10, 5 * MINUTE_MS),
    "passkey of an address": Rate(30, MINUTE_MS),
    "sign-up of an address": Rate(10, 6 * MINUTE_MS),
    "mail to an address": Rate(5, 10 * MINUTE_MS),
    "confirmation of an account": Rate(5, 10 * MINUTE_MS),
    "recovery of an address": Rate(5, 10 * MINUTE_MS),
    "drafts of an address": Rate(20, MINUTE_MS),
    "words of an account": Rate(10, MINUTE_MS),
    "test mail of an account": Rate(5, MINUTE_MS),
    "look of an account": Rate(5, MINUTE_MS),
    "archive of an account": Rate(2, 60 * MINUTE_MS),
    "import of an account": Rate(20, 3 * MINUTE_MS),
    # Of an account's list; and of all lists together, rows that name one server.
    "row of an import": Rate(30, 1000),
    "row of an import at a server": Rate(30, 1000),
    "recovery of a group": Rate(5, 2 * MINUTE_MS),
    # A server that only records name and that never wrote to this pod: a few questions, then one now and then.
    "question in vain to a server": Rate(6, 120 * MINUTE_MS),
    # A server whose actors' keys couldn't be fetched, no matter who named them.
    "key in vain from a server": Rate(20, MINUTE_MS // 4),
    "repost of a group": Rate(50, 10 * MINUTE_MS),
    "fetch of a floor group": Rate(3, 10 * MINUTE_MS),
    "fetch of a floor group by one process": Rate(1, MINUTE_MS),
    "repost from a pod": Rate(10, 60 * MINUTE_MS),
    "repost told by a pod": Rate(10, 60 * MINUTE_MS),
    "repost told of a group": Rate(20, 30 * MINUTE_MS),
    "grant asked by a pod": Rate(30, MINUTE_MS // 6),
    "manifest of a grant": Rate(10, MINUTE_MS),
    # Before a live copy grows, and before its last delta: what isn't equal yet is asked for again after seconds.
    "marks of a grant": Rate(30, MINUTE_MS // 6),
    "move told of a group": Rate(5, 10 * MINUTE_MS),
    "switch asked by a pod": Rate(30, MINUTE_MS // 6),
    # A page of 200 records; a new home asks for all pages about once a minute until it has them.
    "what no log has of a departure": Rate(120, MINUTE_MS // 30),
    "look of a second home": Rate(3, 10 * MINUTE_MS),
    "move of an address": Rate(20, MINUTE_MS),
    "another try of a move": Rate(10, MINUTE_MS),
    "claim of a group": Rate(50, 10 * MINUTE_MS),
    "claim from a pod": Rate(10, 60 * MINUTE_MS),
}


class Limits:
    """Takes tries from buckets that all processes share."""

    def __init__(self, database: Database, writer: Writer, rates: Mapping[str, Rate] = RATES) -> None:
        self._database = database
        self._writer = writer
        self._rates = rates

    async def take(self, kind: str, key: str, *, now: int, also: Also | None = None) -> None:
        """Count a try at `now` (ms); raises TOO_MANY_TRIES if the bucket is empty. Never call it in a write action.

        The /48 network of an IPv6 address has a bucket, too, because a customer usually gets all of its 65,536
        networks. `also`: what is written in the same commit if there was a try.
        """
        rate = self._rates[kind]
        await self._take(kind, key, rate, now=now, also=also)
        if key.endswith(ONE_NETWORK):
            wider = str(ip_network(key).supernet(new_prefix=48))
            await self._take(kind, wider, Rate(rate.most * NETWORKS, max(1, rate.every_ms // NETWORKS)), now=now)

    async def check(self, kind: str, key: str, *, now: int) -> None:
        """As `take`, without counting: raises TOO_MANY_TRIES if none is left."""
        rate = self._rates[kind]
        async with self._database.read() as session:
            left = await load_left(session, counted_by(kind, key), most=rate.most, every_ms=rate.every_ms, now=now)
        _check_left(left, rate)

    async def _take(self, kind: str, key: str, rate: Rate, *, now: int, also: Also | None = None) -> None:
        bucket: dict[str, Any] = {"counted_by": counted_by(kind, key), "most": rate.most, "every_ms": rate.every_ms}
        asked = {**bucket, "now": now}
        async with self._database.read() as session:
            left = await load_left(session, **asked)
        if left >= TRY_MILLI:  # a refused try writes nothing
            left = await self._writer.write(partial(take_try, **asked, also=also))
        _check_left(left, rate)


def counted_by(kind: str, key: str) -> bytes:
    """What the database keeps of an address, an account or a name by which something is counted."""
    return hashlib.sha256(f"{kind}/{key}".encode()).digest()


def _check_left(left: int, rate: Rate) -> None:
    if left < TRY_MILLI:
        seconds = (TRY_MILLI - left) * rate.every_ms // (TRY_MILLI * 1000)
        raise AccountRule.TOO_MANY_TRIES.error(seconds=max(1, seconds))
