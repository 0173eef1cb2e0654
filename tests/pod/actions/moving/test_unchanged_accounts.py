"""Whether an account changed since its second home last looked is told without reading what it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from models.groups.groups_and_items import set_group
from pod.actions.moving import copy_classes
from pod.actions.moving.copy_classes import read_marks
from tests.support.travellers import Traveller, a_traveller

MANY = 40


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of any database meanwhile."""
    seen: list[str] = []

    def note(*given: object) -> None:
        seen.append(str(given[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def marks_of(ada: Traveller, *, private: bool = True) -> dict[str, str]:
    async with ada.deps.store.database.read() as session:
        return await read_marks(session, ada.deps, ada.account, private=private)


async def test_mg_24_marks_of_an_unchanged_account_cost_the_same_whatever_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unread(*_: object, **__: object) -> None:
        pytest.fail("a class was read, and nothing had changed")

    async with a_traveller(tmp_path) as ada:
        asked = []
        for some in (1, MANY):
            groups = [await ada.founds(f"Wells {some} {number}") for number in range(1 + some // 10)]
            for member in range(some):
                await ada.mutes(groups[0], 100 + member)
            await ada.writes(groups[0], *map(str, range(some)))
            first = await marks_of(ada)
            with monkeypatch.context() as patched, statements() as seen:
                patched.setattr(copy_classes, "class_total", unread)
                assert await marks_of(ada) == first
            asked.append(len(seen))
    assert asked[0] == asked[1], asked
    assert asked[0] < MANY / 2


async def test_mg_24_marks_tell_each_change_and_what_is_undone_is_the_same_again(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        group = await ada.founds("Wells")
        await ada.mutes(group, 3)
        before = await marks_of(ada)
        await ada.mutes(group, 4)
        muted = await marks_of(ada)
        assert {name for name in before if before[name] != muted[name]} == {"choices"}
        await ada.mutes(group, 4, muted=False)
        again = await marks_of(ada)
        other = await ada.founds("Woods")
        joined = await marks_of(ada)
    assert again == before, "a mark is the root of what is there, whatever was counted"
    assert {name for name in joined if joined[name] != again.get(name)} == {"memberships", f"records/{other}"}


async def test_mg_24_what_is_chosen_in_a_private_group_is_marked_once_it_is_published(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        group = await ada.founds("Wells", "private")
        await ada.mutes(group, 3)
        hidden = await marks_of(ada, private=False)
        for visibility, is_told in (("public", True), ("private", False)):
            await ada.deps.store.write(partial(set_group, group=group, visibility=visibility))
            lines = await ada.lines("choices")
            told = await marks_of(ada, private=False)
            assert any(line.key.startswith("mute/") for line in lines) == is_told
            assert (told["choices"] != hidden["choices"]) == is_told, visibility
