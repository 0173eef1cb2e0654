"""The signature that brought a record is remembered in the commit of the record, any other before it acts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import ReplayedSignatureError
from federation.signatures import VerifiedSignature
from models.engine.databases import open_database
from models.groups.records import load_known
from pod.actions.chain.door import Arrival, append_all, enter
from pod.actions.chain.views import take_root
from pod.clock import Clock
from pod.deps import Deps
from pod.seen_signatures import FirstUse, SeenSignatures
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from tests.support.community import START, Community, a_community
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

Place = tuple[Deps, Community]
HOST = "https://a.example"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"), durable=False)
    group = a_community("once", 2)
    async with some_parts(database, tmp_path, Clock()) as deps:

        async def found(session: AsyncSession) -> None:
            await take_root(session, deps, group.records[0], local=False, now=START)
            await append_all(session, deps, [Arrival(record, "", START) for record in group.records[1:]])

        await deps.store.write(found)
        yield deps, group
    await database.close()


def a_vote(group: Community, number: int) -> Record:
    header = {"type": "Vote", "rules": 1, "group": group.now.group, "author": 2, "key": 0, "at": START}
    body = {**header, "counter": 100 + number, "target": {"subject": f"Wells {number}"}, "value": 1000}
    return open_record(sign(body, group.people[1].signing()))


async def a_use(deps: Deps, number: int) -> FirstUse:
    use = FirstUse(SeenSignatures(deps.store.writer))
    signature = VerifiedSignature(
        "cavage", "https://a.example/#k", "https://a.example/", bytes([number]), frozenset(), 9, ""
    )
    await use.admit(signature, now=1)
    return use


async def test_of_two_requests_with_one_signature_in_one_commit_one_brings_its_record(place: Place) -> None:
    deps, group = place
    votes = [a_vote(group, number) for number in range(3)]
    uses = [await a_use(deps, number) for number in (1, 1, 2)]
    commits = deps.store.writer.commits
    wishes = (
        enter(deps, vote, origin="", now=START, mark=use.hand_over()) for vote, use in zip(votes, uses, strict=True)
    )
    taken, repeated, other = await asyncio.gather(*wishes, return_exceptions=True)
    assert deps.store.writer.commits == commits + 1
    assert isinstance(repeated, ReplayedSignatureError)
    assert not isinstance(taken, BaseException) and not isinstance(other, BaseException)  # noqa: PT018
    async with deps.store.database.read() as session:
        assert await load_known(session, [vote.id for vote in votes]) == {votes[0].id, votes[2].id}


async def test_a_signature_that_no_commit_took_is_used_when_it_is_settled(place: Place) -> None:
    deps, group = place
    first, again = await a_use(deps, 1), await a_use(deps, 1)
    await first.settle()
    await first.settle()  # nothing is left
    with pytest.raises(ReplayedSignatureError):
        await enter(deps, a_vote(group, 1), origin="", now=START, mark=again.hand_over())
    await again.settle()
    with pytest.raises(ReplayedSignatureError):
        await (await a_use(deps, 1)).settle()
