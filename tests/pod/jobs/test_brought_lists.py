"""Files of other software: what their rows come to, once, whatever dies on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models.moving.brought_files import drop_import
from models.people.accounts import Account
from pod.actions.groups.founding import sign_up
from pod.actions.groups.subscriptions import change_following
from pod.actions.moving import imported_rows
from pod.actions.moving.import_orders import (
    begin_import,
    choose_kind,
    drop_own_import,
    failed_rows_of,
    import_path,
    own_import,
    place_for_file,
)
from pod.deps import Deps
from pod.jobs.brought_files import CLAIM_MS, BroughtFiles, go_on, sweep
from pod.rules.imports import ImportRule
from protocol.errors import RefusedError
from tests.support import foreign_files as files
from tests.support.bringing import (
    PEOPLE,
    Elsewhere,
    account_of,
    brings,
    claimed,
    done,
    failed,
    followed,
    muted,
    no_sleep,
    sight,
)
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import Traveller, a_traveller


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
async def ada(tmp_path: Path, clock: SetClock) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path, clock=clock) as traveller:
        yield traveller


@pytest.fixture
async def elsewhere(ada: Traveller, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    there = Elsewhere()
    for name in PEOPLE:
        account = await account_of(ada.deps, (await sign_up(ada.deps, name)).account)
        assert account.personal_group is not None
        there.people[f"{name}@pod.example"] = account.personal_group
    monkeypatch.setattr(imported_rows, "resolve", there.resolve)
    return there


async def test_mg_09_bad_rows_come_back_with_reasons_and_once_mended_only_they_are_tried(
    ada: Traveller, elsewhere: Elsewhere
) -> None:
    groups = [await ada.founds(f"Group {number}") for number in range(5)]
    elsewhere.people |= {f"g{number}@pod.example": group for number, group in enumerate(groups)}
    good = [*(f"g{number}@pod.example" for number in range(5)), "bo@pod.example", "cilla@pod.example"]
    rows = [good[0], "=dora", *good[1:4], "ducks@mastodon.example", *good[4:], "slow@pod.example"]
    elsewhere.silent.add("slow@pod.example")
    table = "Account address,Show boosts\n" + "".join(f"{row},true\n" for row in rows)

    shown = await brings(ada, table.encode(), "following_accounts.csv")
    assert (shown.stored.kind, shown.stored.total, shown.refused) == ("following", 9, 1)
    assert not await followed(ada)
    ended = await done(ada)
    bad = await failed(ada)

    assert (ended.stored.state, ended.stored.taken, ended.refused) == ("done", 7, 3)
    assert await followed(ada) == {elsewhere.people[one] for one in good}
    assert [row["Account address"] for row in bad] == ["'=dora", "ducks@mastodon.example", "slow@pod.example"]
    assert [row["Show boosts"] for row in bad] == ["true"] * 3
    assert "nobody at a server of this software" in bad[1]["reason"]
    assert "didn't answer" in bad[2]["reason"]

    text, name = await failed_rows_of(ada.deps, ada.account, "sv")
    elsewhere.asked.clear()
    elsewhere.silent.clear()
    elsewhere.people["slow@pod.example"] = ada.own
    again = await brings(ada, text.replace("'=dora", "dora@pod.example").encode(), name)
    assert (again.stored.kind, again.stored.total) == ("following", 3)
    ended = await done(ada)

    assert elsewhere.asked == ["dora@pod.example", "ducks@mastodon.example", "slow@pod.example"]
    assert (ended.stored.taken, len(await followed(ada))) == (1, 8)
    assert (await failed(ada))[1]["reason"] == "This is you."


async def test_mg_10_a_list_is_added_by_default_and_takes_the_place_of_ones_own_only_if_all_servers_answer(
    ada: Traveller, elsewhere: Elsewhere, clock: SetClock
) -> None:
    bo, cilla, dora = (elsewhere.people[f"{name}@pod.example"] for name in PEOPLE)
    await change_following(ada.deps, ada.account, dora, "follow")
    clock.ms += 1

    await brings(ada, b"bo@pod.example,true\n", "following_accounts.csv", "following")
    assert (await done(ada)).stored.replace is False
    assert await followed(ada) == {bo, dora}

    clock.ms += 1
    elsewhere.silent.add("slow@pod.example")
    await brings(ada, b"bo@pod.example,true\nslow@pod.example,true\n", "following_accounts.csv", "following")
    await done(ada, replace=True)
    assert await followed(ada) == {bo, dora}

    await brings(ada, b"cilla@pod.example,true\nnobody@pod.example,true\n", "following_accounts.csv", "following")
    await done(ada, replace=True)
    assert await followed(ada) == {cilla}


async def test_mg_10_mutes_and_blocks_mute_people_and_replacing_leaves_members_of_groups_alone(
    ada: Traveller, elsewhere: Elsewhere, clock: SetClock
) -> None:
    bo, cilla, _ = (elsewhere.people[f"{name}@pod.example"] for name in PEOPLE)
    group = await ada.founds("Ducks")
    elsewhere.people["ducks@pod.example"] = group
    await ada.mutes(group, 1)
    await ada.mutes(group, 3)

    await brings(ada, b"bo@pod.example\nducks@pod.example\n", "blocked_accounts.csv")
    ended = await done(ada)
    assert (ended.stored.kind, ended.stored.taken, ended.refused) == ("blocks", 1, 1)
    assert await muted(ada) == {(group, 1), (group, 3), (bo, 1)}

    clock.ms += 1
    await brings(ada, b"Account address,Hide notifications\ncilla@pod.example,true\n", "x.csv")
    await done(ada, replace=True)
    assert await muted(ada) == {(group, 1), (group, 3), (cilla, 1)}


async def test_mg_10_what_a_file_is_is_told_before_anything_is_done_and_asked_if_unsure(
    ada: Traveller, elsewhere: Elsewhere
) -> None:
    named = await brings(ada, files.MUTED.encode(), "following_accounts.csv")
    assert [warning.en for warning in named.told.warnings] == [
        "following_accounts.csv is named like following_accounts.csv, but holds what stands in muted_accounts.csv."
    ]
    unsure = await brings(ada, b"bo@pod.example\n", "x.csv")
    assert (unsure.stored.state, unsure.stored.total) == ("unsure", 0)
    assert set(unsure.told.kinds) >= {"following_accounts.csv", "blocked_accounts.csv"}
    with pytest.raises(RefusedError) as refused:
        await begin_import(ada.deps, ada.account, replace=False, unlisted=False)
    assert refused.value.refused.rule is ImportRule.NO_FILE_WAITS
    await choose_kind(ada.deps, ada.account, "blocks")
    assert (await sight(ada)).stored.kind == "blocks"
    assert elsewhere.asked == []


@pytest.mark.parametrize("table", [files.DOMAINS, files.SERVER_BLOCKS, files.BOOKMARKS, files.LISTS])
async def test_mg_10_what_has_no_place_here_comes_back_row_by_row(ada: Traveller, table: str) -> None:
    shown = await brings(ada, table.encode(), "x.csv")
    text, name = await failed_rows_of(ada.deps, ada.account, "en")
    again = await brings(ada, text.encode(), name)

    assert (shown.stored.total, again.stored.total) == (0, 0)
    assert shown.refused == again.refused > 1
    assert shown.stored.kind == again.stored.kind


async def test_mg_12_lemmys_groups_are_followed_its_people_muted_and_the_rest_comes_back(
    ada: Traveller, elsewhere: Elsewhere
) -> None:
    group = await ada.founds("Ducks")
    elsewhere.people |= {
        "https://pod.example/g/ducks": group,
        "https://pod.example/u/bo": elsewhere.people["bo@pod.example"],
    }
    settings = {
        "followed_communities": ["https://pod.example/g/ducks", "https://lemmy.example/c/geese"],
        "blocked_users": ["https://pod.example/u/bo"],
        "saved_posts": ["https://lemmy.example/post/1", "no link"],
        "blocked_instances": ["spam.example"],
    }

    shown = await brings(ada, json.dumps(settings).encode(), "settings.json")
    ended = await done(ada)
    text, name = await failed_rows_of(ada.deps, ada.account, "en")
    back: dict[str, Any] = json.loads(text)

    assert (shown.stored.kind, shown.stored.total, shown.refused) == ("lemmy", 3, 3)
    assert (ended.stored.taken, ended.refused) == (2, 4)
    assert await followed(ada) == {group}
    assert await muted(ada) == {(elsewhere.people["bo@pod.example"], 1)}
    assert back["followed_communities"] == ["https://lemmy.example/c/geese"]
    assert back["saved_posts"] == ["no link", "https://lemmy.example/post/1"]
    assert back["reasons"]["spam.example"].startswith("People block no servers here.")
    assert (await brings(ada, text.encode(), name)).stored.total == 1


@pytest.mark.usefixtures("elsewhere")
async def test_mg_05_a_job_that_dies_after_any_row_goes_on_and_does_nothing_twice(
    ada: Traveller, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await brings(ada, b"bo@pod.example,x\nno@pod.example,x\ncilla@pod.example,x\n", "x.csv", "following")
    await begin_import(ada.deps, ada.account, replace=False, unlisted=False)
    for dies_at in range(1, 4):
        counted = 0

        async def dying(deps: Deps, account: Account, wished: Any, at: int = dies_at) -> Any:
            nonlocal counted
            counted += 1
            tried = await imported_rows.try_row(deps, account, wished)
            if counted == 1:
                raise SystemError(at)  # killed after the row was done, before that was noted
            return tried

        monkeypatch.setattr("pod.jobs.brought_files.try_row", dying)
        with pytest.raises(SystemError):
            await go_on(ada.deps, await claimed(ada), no_sleep)
        monkeypatch.setattr("pod.jobs.brought_files.try_row", imported_rows.try_row)
        clock.ms += CLAIM_MS
    first = await claimed(ada)
    clock.ms += CLAIM_MS
    second = await claimed(ada)
    await go_on(ada.deps, first, no_sleep)  # the dead one wakes up, and notes nothing
    assert (await sight(ada)).stored.done == 0
    await go_on(ada.deps, second, no_sleep)

    ended = await sight(ada)
    assert (ended.stored.done, ended.stored.taken, ended.refused) == (3, 2, 1)
    assert len(await followed(ada)) == 2


async def test_rows_wait_for_their_turn_and_nobody_can_have_a_server_asked_without_end(
    ada: Traveller, elsewhere: Elsewhere, clock: SetClock
) -> None:
    rows = "".join(f"n{number}@mastodon.example,x\n" for number in range(40))
    await brings(ada, rows.encode(), "x.csv", "following")

    assert (await done(ada)).stored.done == 30
    clock.ms += 5_000
    await go_on(ada.deps, await claimed(ada), no_sleep)
    assert ((await sight(ada)).stored.done, len(elsewhere.asked)) == (35, 35)


@pytest.mark.usefixtures("elsewhere")
async def test_who_stops_it_keeps_what_was_taken_and_no_file_stays(ada: Traveller, clock: SetClock) -> None:
    shown = await brings(ada, b"bo@pod.example,x\ncilla@pod.example,x\n", "x.csv", "following")
    await begin_import(ada.deps, ada.account, replace=False, unlisted=False)
    claim = await claimed(ada)
    with pytest.raises(RefusedError) as refused:
        async with place_for_file(ada.deps, ada.account):
            pass
    assert refused.value.refused.rule is ImportRule.GOING
    await drop_own_import(ada.deps, ada.account)
    await go_on(ada.deps, claim, no_sleep)
    assert await own_import(ada.deps, ada.account) is None
    assert list(import_path(ada.deps, shown.stored.name, "").parent.iterdir()) == []

    old = await brings(ada, b"bo@pod.example,x\n", "x.csv", "following")
    clock.ms = old.stored.due_at
    async with asyncio.TaskGroup() as tasks:
        await BroughtFiles(ada.deps, tasks).start_due()
    assert await own_import(ada.deps, ada.account) is None


async def test_files_that_no_row_names_are_swept(ada: Traveller, clock: SetClock) -> None:
    shown = await brings(ada, files.FOLLOWING.encode(), "following_accounts.csv")
    kept = import_path(ada.deps, shown.stored.name, ".jsonl")
    left = import_path(ada.deps, "left", ".raw")
    left.write_bytes(b"half")
    clock.ms = int(left.stat().st_mtime * 1000)
    await sweep(ada.deps)
    assert (kept.exists(), left.exists()) == (True, True)
    clock.ms += 3 * 3600 * 1000
    await sweep(ada.deps)
    assert (kept.exists(), left.exists()) == (True, False)
    await ada.deps.store.write(partial(drop_import, account=ada.account.id))
    await sweep(ada.deps)
    assert not kept.exists()
