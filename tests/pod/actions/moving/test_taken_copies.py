"""A copy is taken in, kept up to date, shown to be equal to the account line by line, and seen by nobody."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.fediverse.followers import Follower, put_follower
from models.moving.kept_copies import LINES, LineSpan, delete_copy, load_held, replace_lines
from models.schema import METADATA
from pod.actions.moving import copy_classes, taken_copies
from pod.actions.moving.copy_classes import CopyPage
from pod.actions.moving.taken_copies import CopyDifference, LeafPage, bring_up, compare, verify_copy
from pod.actions.posts.posts import erase
from pod.deps import Deps
from protocol.copies import CLASSES, CopyLine, line
from protocol.errors import RefusedError, TooLargeError
from protocol.ids import RecordId
from tests.support.travellers import (
    PodSource,
    Traveller,
    a_copy_of,
    a_second_home,
    a_traveller,
    fill_each_class,
    kept_lines,
)


async def lived(ada: Traveller) -> None:
    """Some life: posts in three groups, a private one among them, and choices."""
    for group in (ada.own, await ada.founds("Well"), await ada.founds("Cellar", "private")):
        await ada.writes(group, "One.", "Two.")
        await ada.mutes(group, 7)


async def check_equal(ada: Traveller, deps: Deps, copy: int, *, private: bool = False) -> None:
    for name in CLASSES:
        assert await kept_lines(deps, copy, name) == await ada.lines(name, private=private), name


@pytest.mark.parametrize("private", [False, True], ids=["without private groups", "with them"])
async def test_mg_17_what_is_taken_in_is_written_out_as_the_same_bytes(tmp_path: Path, *, private: bool) -> None:
    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        await lived(ada)
        source = PodSource(ada, private=private)
        assert await bring_up(deps, copy, source) == []
        await check_equal(ada, deps, copy, private=private)
        manifest, _ = await source.manifest()
        assert await verify_copy(deps, copy, manifest) == []


async def test_both_engines_read_and_keep_lines_in_the_order_of_their_bytes(database_url: str, tmp_path: Path) -> None:
    names = ["https://b.example/u/a", "https://B.example/u/a", "https://b.example/u/å", "https://b.example/u/B"]

    async def followed(session: AsyncSession) -> None:
        for name in names:
            assert await put_follower(session, Follower("u/ada", name, f"{name}/inbox", f"{name}#1", 0, 1), most=9)

    async with a_traveller(tmp_path, database_url) as ada:
        await lived(ada)
        await ada.deps.store.write(followed)
        copy = await a_copy_of(ada, ada.deps)
        follows = await ada.lines("follows")
        assert [one.key for one in follows] == sorted(f"follower/{name}" for name in names)
        assert [(await ada.page("follows", one.key)).lines for one in follows] == [
            tuple(follows[place:]) for place in range(1, len(follows) + 1)
        ]
        assert await bring_up(ada.deps, copy, PodSource(ada)) == []
        await check_equal(ada, ada.deps, copy)
        await ada.mutes(ada.own, 7, muted=False)
        assert await bring_up(ada.deps, copy, PodSource(ada)) == []
        await check_equal(ada, ada.deps, copy)
        await ada.deps.store.write(partial(delete_copy, copy=copy))
        assert await kept_lines(ada.deps, copy, "personal") == []


async def test_a_copy_of_an_unchanged_account_costs_one_question(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        await lived(ada)
        await bring_up(deps, copy, PodSource(ada))
        source = PodSource(ada)
        assert await bring_up(deps, copy, source) == []
        assert source.asked == ["marks"]
        well = RecordId((await ada.lines("records"))[0].key.partition("/")[0])
        await ada.writes(well, "Three.")
        assert await bring_up(deps, copy, source) == []
        assert source.asked.count("records") == 1, "only what came since is read, and only in its group"
        assert "personal" not in source.asked
        await check_equal(ada, deps, copy)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_mg_05_copy_and_account_are_equal_after_any_mix_of_writing_and_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = Random(seed)
    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        for module in (copy_classes, taken_copies):
            monkeypatch.setattr(module, "ENTRIES", 4)
        groups = [ada.own, await ada.founds("Well"), await ada.founds("Cellar", "private")]
        posts = {group: await ada.writes(group, "One.") for group in groups}
        for _ in range(12):
            group = chance.choice(groups)
            match chance.randrange(4):
                case 0:
                    posts[group] += await ada.writes(group, f"{chance.random()}")
                case 1 if posts[group]:
                    gone = posts[group].pop(chance.randrange(len(posts[group])))
                    await erase(ada.deps, ada.signer, group, gone, [gone])
                    await ada.settles(group)
                case 2:
                    await ada.mutes(group, chance.randrange(5), muted=chance.random() < 0.5)
                case _:
                    assert await bring_up(deps, copy, PodSource(ada, private=True)) == []
                    await check_equal(ada, deps, copy, private=True)
        assert await bring_up(deps, copy, PodSource(ada, private=True)) == []
        await check_equal(ada, deps, copy, private=True)


async def test_mg_08_a_flipped_byte_in_any_class_is_named_by_class_and_line_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def flip(session: AsyncSession, name: str, key: str) -> None:
        mine = (LINES.c.name == name) & (LINES.c.key == key.encode())
        said = await session.scalar(select(LINES.c.text).where(mine))
        assert said is not None
        await session.execute(update(LINES).where(mine).values(text=said[:-2] + bytes([said[-2] ^ 1]) + said[-1:]))

    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        await fill_each_class(ada, monkeypatch)
        source = PodSource(ada)
        await bring_up(deps, copy, source)
        manifest, _ = await source.manifest()
        for name in CLASSES:
            key = (await ada.lines(name))[-1].key
            await deps.store.write(partial(flip, name=name, key=key))
            assert await verify_copy(deps, copy, manifest) == [name]
            named = await compare(deps, copy, source, name)
            assert [(one.name, one.key, one.what) for one in named] == [(name, key, "other")]
            assert await compare(deps, copy, source, name, mend=True) == named
            assert await verify_copy(deps, copy, manifest) == []
        await check_equal(ada, deps, copy)


async def test_mg_05_a_copy_that_was_cut_short_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(PodSource):
        left = 0

        async def page(self, name: str, after: str, until: str) -> CopyPage:
            if self.left == 0:
                raise ConnectionError
            self.left -= 1
            return await super().page(name, after, until)

    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        monkeypatch.setattr(copy_classes, "ENTRIES", 2)
        await lived(ada)
        pages, done = 0, False
        while not done:
            source = Cut(ada)
            source.left = 2
            try:
                done = await bring_up(deps, copy, source) == []
            except ConnectionError:
                pages += 2
        assert pages > 0
        await check_equal(ada, deps, copy)


async def test_mg_05_a_class_that_is_read_whole_comes_to_an_end_however_often_it_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step gets two pages of it; the person goes on choosing meanwhile, also among what was read already."""

    class Cut(PodSource):
        async def page(self, name: str, after: str, until: str) -> CopyPage:
            if self.asked.count("choices") == 2 and name == "choices":
                raise TimeoutError
            return await super().page(name, after, until)

    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        monkeypatch.setattr(copy_classes, "ENTRIES", 2)
        for number in range(9):
            await ada.mutes(ada.own, 10 + number)
        cut = 0
        while not await ends(bring_up(deps, copy, Cut(ada))):
            cut += 1
            if cut == 1:
                await ada.mutes(ada.own, 10, muted=False)
                await ada.mutes(ada.own, 9)
            assert cut < 9
        assert cut >= 2
        await check_equal(ada, deps, copy)
        async with deps.store.database.read() as session:
            held = (await load_held(session, copy))["choices"]
        assert held.read_to == "", "what changes later is read from the beginning"


async def ends(step: Awaitable[list[CopyDifference]]) -> bool:
    try:
        return await step == []
    except TimeoutError:
        return False


async def test_a_bound_stops_the_taking_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_traveller(tmp_path) as ada:
        await lived(ada)
        first = (await ada.lines("personal"))[0].key
        async with a_second_home(tmp_path / "small", ada, quota=100) as (deps, copy):
            with pytest.raises(TooLargeError) as refused:
                await bring_up(deps, copy, PodSource(ada))
            assert refused.value.refused.facts == {"name": "personal", "key": first, "most": 100}
            assert await kept_lines(deps, copy, "personal") == []
        async with a_second_home(tmp_path / "many", ada) as (deps, copy):
            monkeypatch.setattr(taken_copies, "MAX_LINES", 1)
            with pytest.raises(TooLargeError):
                await bring_up(deps, copy, PodSource(ada))
            monkeypatch.undo()
            monkeypatch.setattr(taken_copies, "ALWAYS_ALLOWED_LINES", 0)
            with pytest.raises(TooLargeError) as refused:
                await bring_up(deps, copy, Grown(ada))
            assert refused.value.refused.facts["name"] == "choices"


class Grown(PodSource):
    """A pod that sends more than it announced."""

    async def page(self, name: str, after: str, until: str) -> CopyPage:
        page = await super().page(name, after, until)
        more = [line(f"z{number}", "more") for number in range(5)] if name == "choices" else []
        return CopyPage((*page.lines, *more), page.next)


@pytest.mark.parametrize(
    ("keys", "following"), [(["b", "a"], None), (["a", "a"], None), (["a"], "c"), ([], "c")], ids=str
)
async def test_a_page_that_isnt_in_order_is_refused(tmp_path: Path, keys: list[str], following: str | None) -> None:
    class Disordered(PodSource):
        async def page(self, *_: str) -> CopyPage:
            return CopyPage(tuple(line(key, "x") for key in keys), following)

    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        with pytest.raises(RefusedError):
            await bring_up(deps, copy, Disordered(ada))


@pytest.mark.parametrize(("keys", "following"), [(["b", "a"], None), (["a"], "c"), ([], ""), ([], "c")], ids=str)
async def test_hashes_that_arent_in_order_are_refused(tmp_path: Path, keys: list[str], following: str | None) -> None:
    class Disordered(PodSource):
        async def leaves(self, *_: str) -> LeafPage:
            return LeafPage(dict.fromkeys(keys, "00"), following)

    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        with pytest.raises(RefusedError):
            await compare(deps, copy, Disordered(ada), "choices")


async def test_what_a_copy_has_too_much_is_named_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        monkeypatch.setattr(taken_copies, "ENTRIES", 2)
        source = PodSource(ada)
        await bring_up(deps, copy, source)
        more = [line(f"z{number}", "more") for number in range(6)]
        await deps.store.write(partial(replace_lines, span=LineSpan(copy, "choices", after="y"), lines=more))
        named = await compare(deps, copy, source, "choices", mend=True)
        assert {(one.key[0], one.what) for one in named} == {("z", "surplus")}
        await check_equal(ada, deps, copy)


async def test_a_line_of_a_kind_of_tomorrow_is_kept_and_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown: CopyLine = line("zebra", "a kind of tomorrow", stripes=[1, 2])

    async def tomorrows(*_: object) -> list[CopyLine]:
        return [unknown]

    monkeypatch.setitem(copy_classes._READERS, "media", tomorrows)
    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        assert await bring_up(deps, copy, PodSource(ada)) == []
        assert await kept_lines(deps, copy, "media") == [unknown]


async def test_mg_04_a_copy_touches_no_table_but_its_own(tmp_path: Path) -> None:
    async def counted(session: AsyncSession) -> dict[str, Any]:
        return {
            name: await session.scalar(select(func.count()).select_from(table))
            for name, table in METADATA.tables.items()
            if not name.startswith(("copy_", "copies", "commits"))
        }

    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        await lived(ada)
        before = await deps.store.write(counted)
        await bring_up(deps, copy, PodSource(ada))
        assert await deps.store.write(counted) == before
