"""A signature is accepted once, by whichever process, and also after a restart; tries are counted by all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from federation.rules.signatures import SignatureRule
from federation.signatures import VerifiedSignature
from models.engine.databases import open_database
from models.engine.writer import Writer, running_writer
from models.fediverse.seen_signatures import prune_seen
from pod.budgets.tries import RATES, Limits
from pod.rules.accounts import AccountRule
from pod.seen_signatures import SeenSignatures
from protocol.errors import RefusedError
from tests.support.handmade import check
from tests.support.wire import ALICE, HOUR, NOW, RSA_ID, a_request, signed

KIND = "sign-in of an address"


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[tuple[list[Writer], list[Limits]]]:
    """The writers and limits of two processes on one database."""
    async with AsyncExitStack() as stack:
        writers, limits = [], []
        for _ in range(2):
            database = await open_database(database_url, durable=False)
            stack.push_async_callback(database.close)
            writers.append(await stack.enter_async_context(running_writer(database)))
            limits.append(Limits(database, writers[-1]))
        yield writers, limits


Two = tuple[list[Writer], list[Limits]]


def a_signature(number: int, key: str = RSA_ID, until: int = NOW + HOUR) -> VerifiedSignature:
    return VerifiedSignature("cavage", key, ALICE, number.to_bytes(256, "big"), frozenset(), until, "")


async def refused(seen: SeenSignatures, signature: VerifiedSignature) -> bool:
    try:
        await seen.admit(signature, now=NOW)
    except RefusedError as refusal:
        return refusal.refused.rule is SignatureRule.USED_BEFORE
    return False


async def test_a2_fed_19_a_signature_is_accepted_once_by_all_processes_and_restarts(two: Two) -> None:
    one, other = (SeenSignatures(writer) for writer in two[0])
    assert not await refused(one, check(signed(a_request())))
    assert [await refused(seen, check(signed(a_request()))) for seen in (one, other, SeenSignatures(two[0][1]))] == [
        True,
        True,
        True,
    ]
    assert not await refused(other, check(signed(a_request(), now=NOW + 1000)))


async def test_fed_19_signatures_of_different_keys_do_not_meet(two: Two) -> None:
    seen = SeenSignatures(two[0][0])
    assert not await refused(seen, a_signature(1))
    assert not await refused(seen, a_signature(1, key="https://evil.example/key"))


async def test_fed_37_what_has_expired_is_forgotten_and_nothing_else(two: Two) -> None:
    seen, writer = SeenSignatures(two[0][0]), two[0][0]
    for number in range(10):
        await seen.admit(a_signature(number, until=NOW + number), now=NOW)
    await writer.write(lambda session: prune_seen(session, now=NOW + 5))
    assert [await refused(seen, a_signature(number)) for number in range(10)] == [False] * 5 + [True] * 5


async def test_tries_are_counted_by_all_processes_together(two: Two) -> None:
    for number in range(RATES[KIND].most):
        await two[1][number % 2].take(KIND, "203.0.113.7", now=NOW)
    for limits in two[1]:
        with pytest.raises(RefusedError) as refusal:
            await limits.take(KIND, "203.0.113.7", now=NOW)
        assert refusal.value.refused.rule is AccountRule.TOO_MANY_TRIES
        await limits.take(KIND, "203.0.113.8", now=NOW)
    await two[1][0].take(KIND, "203.0.113.7", now=NOW + RATES[KIND].every_ms)
