"""A private group is refused after the same questions to the database as a group that isn't here (A6)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, load_account_named
from pod.actions.access import open_group, open_those
from pod.actions.groups.founding import found_group
from pod.actions.signer import SignedIn
from pod.config import load_config
from pod.deps import Deps
from pod.errors import UnknownGroupError
from pod.parts import open_parts
from protocol.ids import RecordId, record_id
from tests.support.rig import ServedPod


@contextmanager
def _statements() -> Iterator[list[str]]:
    """What is asked of databases meanwhile."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def _asked(deps: Deps, viewer: Account | None, group: RecordId) -> list[str]:
    """The statements by which the group is refused."""
    with _statements() as seen:
        async with deps.store.database.read() as session:
            with pytest.raises(UnknownGroupError):
                await open_group(session, deps, viewer, group)
    return [statement for statement in seen if statement.startswith("SELECT")]


async def _compare(pod: ServedPod, *, warm: bool) -> None:
    async with open_parts(load_config(pod.folder / "pod.toml")) as deps:
        async with deps.store.database.read() as session:
            ada, eve = [await load_account_named(session, name) for name in ("ada", "eve")]
        assert ada is not None

        async def found(session: AsyncSession) -> RecordId:
            return await found_group(
                session, deps, SignedIn(ada, deps.clock()), ada, {"name": "Hidden", "visibility": "private"}
            )

        group = await deps.store.write(found)
        if not warm:
            deps.store.views.forget()
        async with deps.store.database.read() as session:
            if warm:
                await open_group(session, deps, ada, group)
        absent = record_id(b"nothing")
        for viewer in (None, eve):
            assert await _asked(deps, viewer, group) == await _asked(deps, viewer, absent) != []


@pytest.mark.parametrize("warm", [True, False], ids=["held", "not held"])
def test_a6_a_private_group_and_one_that_is_not_here_take_the_same_questions(pod: ServedPod, *, warm: bool) -> None:
    if warm:
        pod.sign_up("ada")
        pod.sign_up("eve")
    asyncio.run(_compare(pod, warm=warm))


def test_many_groups_are_opened_by_as_few_questions_as_one(pod: ServedPod) -> None:
    async def count(deps: Deps) -> list[int]:
        async with deps.store.database.read() as session:
            ada = await load_account_named(session, "ada")
        assert ada is not None

        async def found(session: AsyncSession) -> list[RecordId]:
            wishes = [{"name": f"Room {number}", "visibility": "public"} for number in range(5)]
            return [await found_group(session, deps, SignedIn(ada, deps.clock()), ada, wish) for wish in wishes]

        groups = await deps.store.write(found)
        asked = []
        for some in (groups, groups[:1], groups):  # the first time their chains are loaded
            async with deps.store.database.read() as session:
                with _statements() as seen:
                    assert set(await open_those(session, deps, ada, some)) == set(some)
            asked.append(len([statement for statement in seen if statement.startswith("SELECT")]))
        return asked[1:]

    assert pod.act(count) == [1, 1]
