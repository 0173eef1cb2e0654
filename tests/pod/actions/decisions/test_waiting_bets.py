"""While bets wait for the end of their phase, no item has their poll followed; then the pod opens them by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from migrations import upgrade
from models.decisions.hidden_values import list_hidden, list_polls_to_open
from models.decisions.said import list_said
from models.engine.databases import open_database
from models.people.accounts import load_account_named
from pod.actions.chain.views import find_view
from pod.actions.decisions.bets import place_bets
from pod.actions.decisions.polls import forward_poll, open_poll
from pod.actions.decisions.proposals import predict, propose
from pod.actions.groups.founding import found_group, sign_up
from pod.actions.posts.records import submit
from pod.actions.signer import SignedIn
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.ids import RecordId
from protocol.records.drafts import Draft
from tests.support.community import START
from tests.support.sinks import SetClock, some_parts

HOUR = 3_600_000
LENGTHS = {"proposals": HOUR, "predictions": HOUR, "bets": 13 * HOUR, "voting": 48 * HOUR, "contest": HOUR}


@pytest.fixture
async def deps(tmp_path: Path) -> AsyncIterator[Deps]:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/pod.db", durable=False)
    await upgrade(database)
    async with some_parts(database, tmp_path, SetClock(START)) as made:
        yield made
    await database.close()


async def signer_of(deps: Deps) -> SignedIn:
    async with deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    return SignedIn(ada, deps.clock())


async def a_bet(deps: Deps) -> tuple[RecordId, RecordId]:
    """A group of ada's and its poll, in which she has bet."""
    await sign_up(deps, "ada")
    ada = await signer_of(deps)
    wish: dict[str, Any] = {"name": "Parish", "weight": 3000}
    group = await deps.store.write(lambda session: found_group(session, deps, ada, ada.account, wish))
    said = {"kind": "score", "title": "Which first?", "options": [], "lengths": LENGTHS}
    poll = (await submit(deps, open_poll, ada, group, Draft("Poll", said))).id
    await tend(deps, group)
    proposal = (await submit(deps, propose, ada, group, Draft("Proposal", {"poll": poll, "title": "A pump"}))).id
    await tend(deps, group)
    await pass_hours(deps, group, 1)
    condition = {"every": True, "terms": [{"proposal": proposal, "implemented": True}]}
    stated = {"poll": poll, "statement": "It is 12 m deep.", "due_at": START + 1000 * HOUR, "condition": condition}
    statement = (await submit(deps, predict, ada, group, Draft("Prediction", stated))).id
    await tend(deps, group)
    await pass_hours(deps, group, 1)
    bets = {statement: 700}
    await deps.store.write(lambda session: place_bets(session, deps, ada, group, poll, bets))
    await tend(deps, group)
    return group, poll


async def pass_hours(deps: Deps, group: RecordId, hours: float) -> None:
    assert isinstance(deps.clock, SetClock)
    deps.clock.ms += int(hours * HOUR)
    for _ in range(2):
        await tend(deps, group)


async def followed(deps: Deps, group: RecordId) -> list[RecordId]:
    """The polls that the head's item has followed because of what waits here."""
    at = (await find_view(deps, group)).state.at
    async with deps.store.database.read() as session:
        return await list_polls_to_open(session, group, at)


async def opened(deps: Deps, group: RecordId, poll: RecordId) -> tuple[int, int]:
    """How many bets wait here, and how many the poll has that were opened."""
    async with deps.store.database.read() as session:
        waiting = await list_hidden(session, poll, group)
        return len(waiting), len(await list_said(session, poll, group, ["Opening"], below=2**62))


async def test_dc_13_a_bet_that_waits_has_no_poll_followed_before_its_time(deps: Deps) -> None:
    group, poll = await a_bet(deps)
    before = await followed(deps, group), await opened(deps, group, poll)

    await pass_hours(deps, group, 13)

    assert before == ([], (1, 0))
    assert await opened(deps, group, poll) == (0, 1)
    assert await followed(deps, group) == []


async def test_dc_13_a_bet_is_opened_when_its_phase_is_ended_before_its_time(deps: Deps) -> None:
    group, poll = await a_bet(deps)
    ada = await signer_of(deps)

    await deps.store.write(lambda session: forward_poll(session, deps, ada, group, poll))
    await tend(deps, group)
    await pass_hours(deps, group, 0.01)

    assert await opened(deps, group, poll) == (0, 1)
