"""How often something may be tried: a bucket of tries for each kind and key, filled again by time, kept in memory.

Keys are what tries are counted by: an address, an account, a name that was typed. Only their hashes are held.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

import msgspec

from pod.rules.accounts import AccountRule

MOST_BUCKETS: Final = 100_000
MINUTE_MS: Final = 60_000


class Rate(msgspec.Struct, frozen=True):
    """`most` tries at once, and one more each `every_ms`."""

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
    "words of an account": Rate(10, MINUTE_MS),
    "test mail of an account": Rate(5, MINUTE_MS),
    "look of an account": Rate(5, MINUTE_MS),
    "repost of a group": Rate(50, 10 * MINUTE_MS),
    "repost from a pod": Rate(10, 60 * MINUTE_MS),
}


class Limits:
    """All buckets. Those that weren't touched longest give way when there are too many."""

    def __init__(self, rates: Mapping[str, Rate] = RATES) -> None:
        self._rates = rates
        self._held: OrderedDict[bytes, tuple[float, int]] = OrderedDict()

    def take(self, kind: str, key: str, *, now: int) -> None:
        """Count a try at `now` (ms); raises TooManyTriesError when the bucket is empty."""
        rate, place = self._rates[kind], hashlib.sha256(f"{kind}/{key}".encode()).digest()
        left, since = self._held.pop(place, (float(rate.most), now))
        left = min(float(rate.most), left + max(0, now - since) / rate.every_ms)
        self._held[place] = (left - 1 if left >= 1 else left, now)
        while len(self._held) > MOST_BUCKETS:
            self._held.popitem(last=False)
        if left < 1:
            raise AccountRule.TOO_MANY_TRIES.error(seconds=max(1, round((1 - left) * rate.every_ms / 1000)))
