"""A move back whose old pod is hostile holds up nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.newcomers import Newcomer, NewcomerGroup, insert_newcomer, list_returning, save_told
from pod.actions.moving.newcomers import GroupMove
from pod.jobs import returns
from pod.jobs.returns import GROUPS_AT_ONCE, Returns
from protocol.ids import RecordId
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import a_traveller
from tests.support.writing import an_id


def jobs_in(tasks: Collection[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    return [task for task in tasks if "_carry_on" in repr(task)]


def jobs_end(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()


async def comes_back(session: AsyncSession, person: RecordId, groups: int) -> None:
    await insert_newcomer(session, Newcomer(person, "https://o.example", person[-9:], b"", NOON, returns=True))
    told = [NewcomerGroup(an_id(f"{person} {number}"), 1, 1, 0, keeps=False) for number in range(groups)]
    await save_told(session, person, "https://o.example/u/x", told)


async def test_mg_23_a_move_back_that_hangs_or_names_many_groups_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, looked = SetClock(NOON), list[str]()
    hangs, many, few = sorted(an_id(name) for name in ("a", "b", "c"))

    async def here(_deps: Any, person: str, **_: Any) -> tuple[()]:
        if person == hangs:
            await asyncio.Event().wait()
        return ()

    async def settles(_deps: Any, newcomer: Newcomer, told: NewcomerGroup, **_: Any) -> GroupMove:
        looked.append(newcomer.personal_group)
        return GroupMove(told.group_id, "settled" if newcomer.personal_group == few else "waits", "")

    async def nothing(*_: Any) -> str:
        return ""

    for name, done in (("advance_personal", here), ("advance_group", settles), ("fetch_unsettled", nothing)):
        monkeypatch.setattr(returns, name, done)
    async with a_traveller(tmp_path, clock=clock) as ada:
        deps = ada.deps

        for person, groups in ((hangs, 1), (many, GROUPS_AT_ONCE + 20), (few, 2)):
            await deps.store.write(partial(comes_back, person=person, groups=groups))
        async with asyncio.TaskGroup() as tasks:
            jobs = Returns(deps, tasks)
            await jobs.start_due()
            _, hung = await asyncio.wait(jobs_in(asyncio.all_tasks()), timeout=2)
            jobs_end(hung)
        assert (looked.count(many), looked.count(few), len(hung)) == (GROUPS_AT_ONCE, 2, 1)
        async with deps.store.database.read() as session:
            left = await list_returning(session, since=0, limit=9)
        assert [one.personal_group for one in left] == sorted([hangs, many])
