"""Whose list leads to nobody who has voted: of a page of members at once, and never wrongly where not all are read."""

from __future__ import annotations

import pytest

from models.decisions.polls import load_poll
from models.engine.databases import Database
from models.groups.groups_and_items import load_group
from models.people.accounts import load_account_named
from pod.actions.chain.views import find_view
from pod.actions.decisions.poll_course import follow_poll
from pod.actions.groups.founding import sign_up
from pod.actions.reading.decisions import standing_lists
from pod.actions.reading.decisions.standing_lists import list_stranded
from pod.deps import Deps
from protocol.ids import RecordId
from tests.support import voted

# Ada (1) and 3 are declared delegates, 5 isn't; 6 names nobody, and 8 and 9 each other.
LISTS = {2: [3], 3: [1], 4: [5], 6: [], 7: [5, 1], 8: [9], 9: [8]}
ASKED = [*LISTS, 10]


async def stranded(deps: Deps, group: RecordId, poll: RecordId) -> set[int]:
    state = (await find_view(deps, group)).state
    async with deps.store.database.read() as session:
        stored, known = await load_poll(session, poll), await load_group(session, group)
        assert stored is not None
        assert known is not None
        so_far = await follow_poll(session, state, stored, held=known.log_size, counting=False)
        return await list_stranded(session, state, so_far, ASKED)


async def test_a_list_is_stranded_that_leads_to_no_ballot(
    deps: Deps, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_up(deps, "ada")
    async with database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    group, poll = await voted.ask(deps, ada, 12)
    await voted.say(deps, group, "Delegate", {number: {"declared": True} for number in (3, 8, 9)})
    lists = {number: {"delegates": row} for number, row in LISTS.items()}
    await voted.say(deps, group, "Delegation", lists)

    assert await stranded(deps, group, poll) == {2, 3, 4, 7, 8, 9}

    monkeypatch.setattr(standing_lists, "MOST_REACHED", 1)  # 1 and 5 aren't read, so they may have voted
    assert await stranded(deps, group, poll) == {8, 9}
    monkeypatch.undo()
    await voted.vote(deps, group, poll, range(1, 2))
    assert await stranded(deps, group, poll) == {4, 8, 9}
    await voted.vote(deps, group, poll, range(9, 10))
    assert await stranded(deps, group, poll) == {4}
