"""What the old pod tells page by page is written anew only where it may be, in order, and once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.newcomers import set_let_go
from models.people.accounts import Account
from pod.actions.moving import switch_unlogged
from pod.actions.moving.switch_unlogged import UnloggedPage, write_unlogged
from pod.actions.posts import records as records_by_pod
from pod.deps import Deps
from pod.rules.posts import PostRule
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.envelope import Record
from tests.pod.actions.moving.test_switch_unlogged import NOTE, ada, came, moves_key, reopen, says, told_of, written
from tests.support.travellers import Traveller

__all__ = ["ada"]


def tells(monkeypatch: pytest.MonkeyPatch, *pages: list[Record]) -> None:
    """Have the old pod tell these pages, whatever it is asked for."""
    left = list(pages)

    async def answer(*_: object) -> UnloggedPage:
        page = left.pop(0)
        return UnloggedPage(tuple(one.body for one in page), more=bool(left))

    monkeypatch.setattr(switch_unlogged, "ask_old_pod", answer)


async def test_mg_02_what_the_old_pod_tells_of_a_group_that_was_waited_for_is_written_nowhere(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwaited, waited = sorted([await ada.founds("Wells"), await ada.founds("Mill")])
    newcomer = await came(ada, unwaited)
    await told_of(ada, waited, anew_until=0)
    records = [await says(ada, group, NOTE) for group in (unwaited, waited)]
    for group in (unwaited, waited):
        await moves_key(ada, group)
        await ada.settles(group)
    tells(monkeypatch, records)

    assert await write_unlogged(ada.deps, newcomer, ada.account) == ()

    assert [len(await written(ada, group)) for group in (unwaited, waited)] == [1, 0]


async def test_mg_02_an_old_pod_that_tells_a_second_group_again_has_nothing_written_twice(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = sorted([await ada.founds("Wells"), await ada.founds("Mill")])
    newcomer = await came(ada, groups[0])
    await told_of(ada, groups[1])
    records = [await says(ada, group, NOTE) for group in groups]
    for group in groups:
        await moves_key(ada, group)
        await ada.settles(group)
    tells(monkeypatch, records)
    await write_unlogged(ada.deps, newcomer, ada.account)
    await reopen(ada, groups[1])
    await told_of(ada, groups[0])  # as if nothing was written in the first one
    tells(monkeypatch, records)

    await write_unlogged(ada.deps, newcomer, ada.account)

    assert len(await written(ada, groups[1])) == 1


async def test_mg_02_of_a_group_that_was_full_no_later_page_is_written_before_what_it_refused(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await ada.founds("Wells")
    newcomer = await came(ada, group)
    records = [await says(ada, group, NOTE) for _ in range(2)]
    await moves_key(ada, group)
    await ada.settles(group)
    write_for, tries = records_by_pod.write_for, list[RecordId]()

    async def full_once(session: AsyncSession, deps: Deps, account: Account, group: RecordId, *said: Any) -> Record:
        tries.append(group)
        if len(tries) == 1:
            raise PostRule.PENDING_FULL.error(author=1)
        return await write_for(session, deps, account, group, *said)

    monkeypatch.setattr(switch_unlogged, "write_for", full_once)
    tells(monkeypatch, records[:1], records[1:])
    assert await write_unlogged(ada.deps, newcomer, ada.account) == (group,)
    assert await written(ada, group) == []
    tells(monkeypatch, records)

    assert await write_unlogged(ada.deps, newcomer, ada.account) == ()

    assert len(await written(ada, group)) == 2


async def test_mg_02_a_page_that_repeats_or_ends_without_an_end_is_refused(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await ada.founds("Wells")
    newcomer = await came(ada, group)
    record = await says(ada, group, NOTE)
    await moves_key(ada, group)
    await ada.settles(group)
    for pages in ([[record, record]], [[], [record]], [[record], [record]]):
        await told_of(ada, group)
        tells(monkeypatch, *pages)
        with pytest.raises(RefusedError) as refused:
            await write_unlogged(ada.deps, newcomer, ada.account)
        assert refused.value.refused.rule is SwitchRule.OTHER_ANSWER
    await told_of(ada, group)
    monkeypatch.setattr(switch_unlogged, "AT_ONCE", 0)
    tells(monkeypatch, [record])
    with pytest.raises(RefusedError):
        await write_unlogged(ada.deps, newcomer, ada.account)


async def test_mg_03_nobody_waits_for_a_group_that_was_let_go(ada: Traveller, monkeypatch: pytest.MonkeyPatch) -> None:
    group = await ada.founds("Wells")
    newcomer = await came(ada, group)
    await moves_key(ada, group)
    tells(monkeypatch)
    assert await write_unlogged(ada.deps, newcomer, ada.account) == (group,)

    await ada.deps.store.write(partial(set_let_go, personal_group=ada.own, group=group))

    assert await write_unlogged(ada.deps, newcomer, ada.account) == ()
