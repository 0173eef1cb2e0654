"""Bodies of records through the door of a pod that isn't serving, as fast as it takes them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from pod.actions.chain.door import Arrival, Outcome, append_all
from pod.actions.chain.views import find_view, take_root
from pod.cli.base import run_action
from pod.cli.options import configuration
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keys import PrivateKey, verify
from protocol.records.envelope import Record, open_record
from protocol.records.parts import Home
from tests.support.rig import ServedPod
from tests.support.trust_network import Body, Network

BATCH = 2000
T = TypeVar("T")


def on(pod: ServedPod, act: Callable[[Deps], Awaitable[T]]) -> T:
    """Run an action on the parts of a pod that isn't serving."""
    return run_action(configuration(pod.folder), act)


def home_of(pod: ServedPod) -> Home:
    """The pod as groups name it."""

    async def act(deps: Deps) -> Home:
        return deps.identity.home

    return on(pod, act)


def batches(bodies: Iterable[Body]) -> Iterator[list[Body]]:
    rest = iter(bodies)
    while batch := list(islice(rest, BATCH)):
        yield batch


def opened(body: Body) -> Record | RefusedError:
    try:
        return open_record(body)
    except RefusedError as refusal:
        return refusal


async def take(deps: Deps, group: RecordId, bodies: Iterable[Body]) -> list[Outcome]:
    """Through the door in batches, each followed by what the steward does; the outcome of each."""
    outcomes: list[Outcome] = []
    for batch in batches(bodies):
        records = [opened(body) for body in batch]
        arrivals = [Arrival(record, "", deps.clock()) for record in records if isinstance(record, Record)]

        async def action(session: AsyncSession, arrivals: list[Arrival] = arrivals) -> list[Outcome]:
            return await append_all(session, deps, arrivals)

        judged = iter(await deps.store.write(action))
        outcomes += [next(judged) if isinstance(record, Record) else record for record in records]
        await tend(deps, group)
    return outcomes


async def drain(deps: Deps, group: RecordId) -> None:
    """Seal until the head stays where it is."""
    head = None
    while (view := await find_view(deps, RecordId(group))).head != head:
        head = view.head
        await tend(deps, group)


async def settle_members(deps: Deps, network: Network) -> None:
    async def found(session: AsyncSession) -> None:
        await take_root(session, deps, network.root, local=True, now=deps.clock())

    await deps.store.write(found)
    for wishes in (network.joins(), network.demotions()):
        outcomes = await take(deps, network.group, wishes)
        assert not [outcome for outcome in outcomes if isinstance(outcome, RefusedError)]
        await drain(deps, network.group)


def verification_limit(count: int = 4000) -> float:
    """Ed25519 verifications a second on one core, by the function that every record passes."""
    key = PrivateKey.from_seed(bytes(32))
    signatures = [(b"%064d" % number, key.sign(b"%064d" % number)) for number in range(count)]
    started = time.perf_counter()
    assert all(verify(key.did, message, signature) for message, signature in signatures)
    return count / (time.perf_counter() - started)
