"""A second home follows its account day by day, keeps what would vanish at once, and goes when it is revoked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from time import process_time
from unittest.mock import AsyncMock, Mock

import msgspec
import pytest

from models.moving.imported_files import FileCopy, load_file_copy, put_file_copy
from models.moving.kept_copies import load_copy
from models.moving.moves import VERIFIED, Move
from models.moving.standing_copies import StandingCopy, load_standing
from pod.actions.moving import standing_copies, standing_step
from pod.actions.moving.job_ends import LOOK_EVERY_MS
from pod.actions.moving.move_mails import SHRANK
from pod.actions.moving.standing_copies import (
    DAY_MS,
    FORMER_MS,
    REFUSED_TWICE_MS,
    erase_copy,
    keep_up,
    note_refusal,
    promote_copies,
)
from pod.actions.moving.standing_step import SOON_MS, advance_standing, next_look
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import recover
from pod.deps import Deps
from protocol.keys import DidKey
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import PodSource, Traveller, a_copy_of, a_second_home, a_traveller, kept_lines


class Home:
    """Ada's account at her pod, and the copy at her second home, whose clock a test sets."""

    def __init__(self, ada: Traveller, deps: Deps, copy: int, clock: SetClock) -> None:
        self.clock = clock
        self.ada = ada
        self.deps = deps
        self.copy = copy
        self.source = PodSource(ada)

    async def looks(self) -> tuple[str, ...]:
        """A look; the classes that shrank."""
        self.source.asked.clear()
        kept = await keep_up(self.deps, self.copy, self.source)
        assert kept.differing == ()
        return kept.shrank

    async def standing(self) -> StandingCopy | None:
        async with self.deps.store.database.read() as session:
            return await load_standing(session, self.copy)

    async def is_here(self, copy: int) -> bool:
        async with self.deps.store.database.read() as session:
            return await load_copy(session, copy) is not None


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    clock = SetClock(NOON)
    async with a_traveller(tmp_path / "old") as ada, a_second_home(tmp_path / "new", ada, clock=clock) as (deps, copy):
        yield Home(ada, deps, copy, clock)


async def test_mg_24_a_second_home_follows_its_account_and_an_unchanged_one_costs_one_question(home: Home) -> None:
    group = await home.ada.founds("Wells")
    await home.ada.writes(group, "The well is dry.")
    assert await home.looks() == ()
    assert await kept_lines(home.deps, home.copy, "records") == await home.ada.lines("records")

    home.clock.ms += DAY_MS
    began = process_time()
    assert await home.looks() == ()
    took = process_time() - began
    assert home.source.asked == ["marks"]
    assert took < 0.1, "a hundred accounts a second, both pods together"
    standing = await home.standing()
    assert standing is not None
    assert (standing.equal_at, standing.refused_at, standing.shrank) == (home.clock.ms, None, "")

    await home.ada.writes(group, "It rains.")
    await home.looks()
    assert await kept_lines(home.deps, home.copy, "records") == await home.ada.lines("records")


async def test_mg_24_the_words_make_a_second_home_the_home_once_the_old_pod_is_gone(home: Home) -> None:
    await home.looks()
    home.clock.ms = home.ada.deps.clock()
    own = home.ada.own
    recovered = await recover(home.deps, "ada", RecoveryKeys(home.ada.phrase), [], mine=own, token=False)

    assert recovered.personal_group == home.ada.own
    assert [one["group"] for one in recovered.memberships] == [home.ada.own]
    assert await home.standing() is None, "nothing is copied any more"
    async with home.deps.store.database.read() as session:
        given = await load_file_copy(session, home.ada.own)
    assert given is not None
    assert (given.copy_id, given.due_at) == (home.copy, home.clock.ms), "it gives the account what it holds"


def test_mg_24_who_writes_now_is_looked_at_within_the_hour_and_who_rests_twice_a_day() -> None:
    rested = (-DAY_MS, 0, SOON_MS, 3 * SOON_MS, DAY_MS)  # a pod may also date its answers ahead
    waits = [next_look(NOON, NOON - one) - NOON for one in rested]
    assert waits == [SOON_MS, SOON_MS, SOON_MS, 3 * SOON_MS, LOOK_EVERY_MS]
    assert LOOK_EVERY_MS + REFUSED_TWICE_MS < DAY_MS, "what is revoked goes within a day"


async def test_mg_24_any_answer_shows_that_nothing_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    await home.looks()
    assert not await note_refusal(home.deps, home.copy)
    await home.ada.founds("Wells")

    async def breaks(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(standing_copies, "bring_up", breaks)
        with pytest.raises(ConnectionError):
            await home.looks()
    home.clock.ms += REFUSED_TWICE_MS
    assert not await note_refusal(home.deps, home.copy)


@pytest.mark.parametrize("by", ["chain", "time"])
async def test_mg_24_of_a_file_and_a_second_home_the_words_take_the_longer_chain_then_the_later_one(
    home: Home, by: str
) -> None:
    await home.looks()
    standing = await home.standing()
    assert standing is not None
    assert standing.rank
    for ahead, chosen_is_file in ((1, True), (-1, False)):
        file = await a_copy_of(home.ada, home.deps)
        at, until = standing.equal_at + ahead, home.clock.ms + FORMER_MS
        rank = standing.rank
        if by == "chain":  # which outranks the time
            at, rank = standing.equal_at - ahead, "f" if chosen_is_file else ""
        copy = FileCopy(home.ada.own, file, DidKey(standing.recovery), "", at, None, until, rank=rank)
        await home.deps.store.write(partial(put_file_copy, copy=copy))
        dids = [DidKey(standing.recovery)]
        await home.deps.store.write(partial(promote_copies, group=home.ada.own, dids=dids, now=home.clock.ms))
        async with home.deps.store.database.read() as session:
            given = await load_file_copy(session, home.ada.own)
        assert given is not None
        assert given.copy_id == (file if chosen_is_file else home.copy)
    assert not await home.is_here(file), "the older file is dropped"


async def test_what_loses_half_at_once_is_kept_as_it_was_for_a_month(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing_copies, "FEW_LINES", 4)
    groups = [await home.ada.founds(name) for name in ("Wells", "Woods", "Walls", "Wharf")]
    for group in groups:
        await home.ada.mutes(group, 9)
    assert await home.looks() == ()
    before = await kept_lines(home.deps, home.copy, "choices")

    await home.ada.mutes(groups[0], 9, muted=False)
    assert await home.looks() == (), "one of five is no half"
    for group in groups[1:]:
        await home.ada.mutes(group, 9, muted=False)
    assert await home.looks() == ("choices",)
    assert await home.looks() == (), "told once"

    standing = await home.standing()
    assert standing is not None
    assert standing.former_id is not None
    job = Move(b"m", "@ada", "https://old.example", home.ada.own, "full", "", "", b"", "", NOON, NOON, None)
    job = msgspec.structs.replace(job, stage=VERIFIED, standing=True, copy_id=home.copy, told=VERIFIED)
    monkeypatch.setattr(standing_step, "check_home", AsyncMock())
    monkeypatch.setattr(standing_step, "source_of_move", Mock(return_value=home.source))
    told = await advance_standing(home.deps, job)
    assert told.told == f"{SHRANK} {standing.former_id}", "also if a kill came before the first look's end"
    assert (standing.shrank, standing.former_until) == ("choices", home.clock.ms + FORMER_MS)
    assert len(await kept_lines(home.deps, standing.former_id, "choices")) == len(before) - 1
    assert await kept_lines(home.deps, home.copy, "choices") == await home.ada.lines("choices")

    home.clock.ms += FORMER_MS
    await home.looks()
    assert not await home.is_here(standing.former_id)
    standing = await home.standing()
    assert standing is not None
    assert (standing.former_id, standing.shrank) == (None, "")
    assert (await advance_standing(home.deps, told)).told == VERIFIED


async def test_what_is_revoked_is_erased_within_a_day_and_one_refusal_erases_nothing(home: Home) -> None:
    await home.looks()
    assert not await note_refusal(home.deps, home.copy)
    home.clock.ms += REFUSED_TWICE_MS - 1
    assert not await note_refusal(home.deps, home.copy)
    assert await home.is_here(home.copy)
    await home.looks()  # it answers again: what refused before wasn't the person

    assert not await note_refusal(home.deps, home.copy)
    home.clock.ms += REFUSED_TWICE_MS
    assert await note_refusal(home.deps, home.copy)
    await home.deps.store.write(partial(erase_copy, copy=home.copy, now=home.clock.ms))
    assert not await home.is_here(home.copy)
    assert await home.standing() is None
    assert REFUSED_TWICE_MS < DAY_MS
