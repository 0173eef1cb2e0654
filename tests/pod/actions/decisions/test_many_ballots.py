"""What a poll's page costs doesn't grow with its ballots, while people vote and afterwards."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pytest
from sqlalchemy import update

from decisions.rolls import Electors
from migrations import upgrade
from models.decisions.openings import load_opening
from models.decisions.polls import OPENINGS
from models.decisions.said import SAID
from models.engine.databases import open_database
from models.engine.upserts import insert_new
from models.people.accounts import Account, load_account_named
from pod.actions.decisions.polls import open_poll
from pod.actions.decisions.proposals import propose
from pod.actions.fediverse.post_documents import show_record
from pod.actions.groups.founding import found_group, sign_up
from pod.actions.posts.records import submit
from pod.actions.reading.decisions.poll_page import read_page_and_receipt
from pod.actions.reading.decisions.polls import describe_poll, list_group_polls
from pod.actions.signer import SignedIn
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.ids import RecordId, id_from_digest
from protocol.records.content import Proposal
from protocol.records.drafts import Draft
from tests.support.community import START
from tests.support.sinks import SetClock, some_parts
from tests.support.voted import HOUR_MS, ask, vote

FEW, MANY = 20, 2_000
ROUNDS: Final = 7
MOST: Final = 3  # times; what reads all ballots costs ten times as much


@pytest.fixture
async def deps(tmp_path: Path) -> AsyncIterator[Deps]:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/pod.db", durable=False)
    await upgrade(database)
    async with some_parts(database, tmp_path, SetClock(START)) as made:
        yield made
    await database.close()


async def least(act: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of CPU time."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        await act()
        taken.append(time.process_time() - begun)
    return 1000 * min(taken)


async def costs(deps: Deps, ada: Account, group: RecordId, poll: RecordId) -> dict[str, float]:
    return {
        "for a member": await least(partial(describe_poll, deps, ada, group, poll)),
        "for a stranger": await least(partial(describe_poll, deps, None, group, poll)),
        "as a page": await least(partial(read_page_and_receipt, deps, ada, group, poll)),
        "for other software": await least(partial(show_record, deps, poll)),
        "in a list": await least(partial(list_group_polls, deps, ada, group, below=None, limit=50)),
    }


async def once(act: Callable[[], Awaitable[object]]) -> float:
    begun = time.process_time()
    await act()
    return time.process_time() - begun


async def test_a_delegates_page_counts_again_when_the_log_has_grown_by_a_hundredth(deps: Deps) -> None:
    await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    group, poll = await ask(deps, ada, MANY)
    await vote(deps, group, poll, range(2, MANY - 30))
    seen = partial(read_page_and_receipt, deps, ada, group, poll)

    counted, kept = await once(seen), []
    for voter in range(MANY - 30, MANY - 20):
        await vote(deps, group, poll, range(voter, voter + 1))
        kept.append(await once(seen))
    await vote(deps, group, poll, range(MANY - 20, MANY - 5))
    again = await once(seen)

    assert max(sorted(kept)[:-2]) * MOST < min(counted, again)


async def test_what_opened_a_poll_is_found_without_reading_who_was_a_member(deps: Deps) -> None:
    await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    group, poll = await ask(deps, ada, FEW)

    async def read() -> None:
        async with deps.store.database.read() as session:
            for _ in range(20):
                assert await load_opening(session, poll, group) is not None

    few = await least(read)
    members = Electors(*(np.arange(100_000) for _ in range(4))).pack()
    await deps.store.write(lambda session: session.execute(update(OPENINGS).values(members=members)))

    assert await least(read) < MOST * few


async def test_what_those_say_who_may_say_nothing_costs_a_polls_page_nothing(deps: Deps) -> None:
    await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    signer = SignedIn(ada, deps.clock())
    group = await deps.store.write(lambda session: found_group(session, deps, signer, ada, {"name": "A town"}))
    lengths = {"proposals": HOUR_MS, "predictions": HOUR_MS, "bets": 13 * HOUR_MS, "voting": HOUR_MS, "contest": 0}
    asked = Draft("Poll", {"kind": "score", "title": "Which first?", "options": [], "lengths": lengths})
    poll = (await submit(deps, open_poll, signer, group, asked)).id
    await tend(deps, group)
    await submit(deps, propose, signer, group, Draft("Proposal", {"poll": poll, "title": "A pump"}))
    await tend(deps, group)
    read = partial(read_page_and_receipt, deps, ada, group, poll)
    few = await least(read)

    said = Proposal(author=9, key=0, counter=1, at=START, poll=poll, title="A stranger's")
    rows = [
        {
            "record_id": id_from_digest(number.to_bytes(32, "big")),
            "poll_id": poll,
            "group_id": group,
            "author": 9,
            "type": "Proposal",
            "place": number,
            "said": msgspec.json.encode(said),
        }
        for number in range(MANY)
    ]
    await deps.store.write(lambda session: insert_new(session, SAID, rows))

    assert [one.title for one in (await read())[0].sight.poll.options] == ["A pump"]
    assert await least(read) < MOST * few


async def test_a_polls_page_costs_the_same_however_many_voted(deps: Deps) -> None:
    await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    polls = [(*await ask(deps, ada, MANY), ballots) for ballots in (FEW, MANY)]
    for group, poll, ballots in polls:
        await vote(deps, group, poll, range(2, ballots + 1))
    seen: dict[str, tuple[float, float]] = {}
    for when in ("while people vote", "afterwards"):
        few, many = [await costs(deps, ada, group, poll) for group, poll, _ in polls]
        seen |= {f"{name}, {when}": (few[name], cost) for name, cost in many.items() if cost > MOST * few[name]}
        assert isinstance(deps.clock, SetClock)
        deps.clock.ms += 3 * HOUR_MS
        for group, _, _ in polls:
            for _ in range(2):
                await tend(deps, group)

    results = [(await describe_poll(deps, ada, group, poll)).outcome for group, poll, _ in polls]
    assert [outcome and outcome.results[0].counted for outcome in results] == [FEW - 1, MANY - 1]
    assert seen == {}
