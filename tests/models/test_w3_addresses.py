"""Tries are counted by IPv6 network, and by all the networks that one customer has: a /64 costs nothing to change."""

from __future__ import annotations

import pytest

from models.engine.databases import Database
from models.engine.writer import Writer
from pod.budgets.tries import NETWORKS, RATES, Limits
from pod.errors import TooManyTriesError

KIND = "recovery of an address"


async def test_w3_changing_networks_within_one_customers_own_gives_only_few_more_tries(
    database: Database, writer: Writer
) -> None:
    limits = Limits(database, writer)
    for number in range(NETWORKS * RATES[KIND].most):
        await limits.take(KIND, f"2001:db8:1:{number:x}::/64", now=0)
    with pytest.raises(TooManyTriesError):
        await limits.take(KIND, "2001:db8:1:ffff::/64", now=0)
    await limits.take(KIND, "2001:db8:2:1::/64", now=0)
    await limits.take(KIND, "192.0.2.1", now=0)
