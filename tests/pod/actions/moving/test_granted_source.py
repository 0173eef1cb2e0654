"""A copy over HTTP under a grant: what another pod answers is checked before it is stored, and faults are named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest

from federation.errors import RemoteError
from models.moving.moves import COPYING, STOPPED, VERIFIED, Move, insert_move, load_move
from pod.actions.moving import copy_step, granted_source
from pod.actions.moving.copied_chain import check_of_person, settled_person
from pod.actions.moving.copy_step import advance_copy, granted
from pod.actions.moving.granted_source import GrantedSource
from pod.actions.moving.move_plans import MovePlan
from pod.actions.signer import PodItself, signed
from pod.deps import Deps
from protocol.canonical import canonical_bytes
from protocol.copies import CLASSES
from protocol.errors import RefusedError
from protocol.records.parts import Home
from tests.support.old_pods import OldPod, a_granted_move, an_old_pod, quick_key
from tests.support.travellers import a_copy_of, a_second_home, a_traveller, count_copies, fill_each_class, kept_lines


class Way(NamedTuple):
    """Ada's old pod, the parts of the new one, and her move between them, which has a copy."""

    old: OldPod
    deps: Deps
    move: Move

    @property
    def copy(self) -> int:
        assert self.move.copy_id is not None
        return self.move.copy_id

    async def refused(self) -> dict[str, Any]:
        """The facts of the refusal that a step raises."""
        with pytest.raises(RefusedError) as refusal:
            await advance_copy(self.deps, self.move)
        return {"rule": refusal.value.refused.rule.name, **refusal.value.refused.facts}

    async def check_equal(self) -> None:
        assert (await advance_copy(self.deps, self.move)).stage == VERIFIED
        for name in CLASSES:
            assert await kept_lines(self.deps, self.copy, name) == await self.old.ada.lines(name), name


@pytest.fixture
async def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    monkeypatch.setattr(granted_source, "signing_key", quick_key)
    async with a_traveller(tmp_path) as ada, a_second_home(tmp_path / "b", ada) as (deps, copy):
        for group in (ada.own, await ada.founds("Well"), await ada.founds("Cellar", "private")):
            await ada.writes(group, "One.", "Two.")
            await ada.mutes(group, 7)
        async with an_old_pod(ada) as old:
            move = msgspec.structs.replace(a_granted_move(deps, ada), stage=COPYING, copy_id=copy)
            await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=0))
            yield Way(old, deps, move)


def flipped(said: bytes) -> bytes:
    """One letter is another one."""
    assert b"One." in said
    return said.replace(b"One.", b"Ohe.", 1)


async def test_mg_06_a_plan_says_what_comes_and_what_stays_before_anything_is_copied(way: Way) -> None:
    planned = await advance_copy(way.deps, msgspec.structs.replace(way.move, stage="begun", copy_id=None))
    assert planned.plan is not None
    plan = msgspec.json.decode(planned.plan, type=MovePlan)
    held = {one.name: (one.count > 0, one.why) for one in plan.classes}
    assert held["records"] == (True, "")
    assert held["media"] == (False, "no files yet")
    assert plan.left is not None
    assert (plan.left.private, plan.left.seats, plan.left.joins) == (1, 3, 0)
    assert (planned.stage, planned.due_at, planned.copy_id) == ("begun", None, None)
    assert not [asked for asked in way.old.asked if asked.startswith("classes")]


async def test_mg_02_a_copy_over_http_is_equal_and_an_unchanged_account_costs_one_request(way: Way) -> None:
    await way.check_equal()
    way.old.asked.clear()
    await way.check_equal()
    assert way.old.asked == ["marks"]
    await way.old.ada.writes(way.old.ada.own, "Three.")
    await way.check_equal()


@pytest.mark.slow
async def test_mg_05_a_job_begins_one_copy_with_its_own_note(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    async def killed(*_: object) -> list[object]:
        raise ConnectionError

    monkeypatch.setattr(copy_step, "bring_up", killed)
    unbegun = a_granted_move(way.deps, way.old.ada, b"n" * 32)
    unbegun = msgspec.structs.replace(unbegun, stage=COPYING)
    await way.deps.store.write(partial(insert_move, move=unbegun, instead_of=b"", now=0))
    with pytest.raises(ConnectionError):
        await advance_copy(way.deps, unbegun)
    async with way.deps.store.database.read() as session:
        noted = await load_move(session, unbegun.sha256, now=0)
        assert noted is not None
        assert noted.copy_id == way.copy + 1
        assert await count_copies(session) == 2
    with pytest.raises(ConnectionError):
        await advance_copy(way.deps, noted)
    async with way.deps.store.database.read() as session:
        assert await count_copies(session) == 2


@pytest.mark.parametrize("name", ["personal", "records"])
async def test_mg_08_a_signed_line_with_a_flipped_byte_is_named_never_stored_and_healed_by_trying_again(
    way: Way, name: str
) -> None:
    way.old.lies[f"classes/{name}"] = flipped
    refused = await way.refused()
    assert (refused["rule"], refused["name"]) == ("LINE_UNPROVEN", name)
    assert refused["key"] in {line.key for line in await way.old.ada.lines(name)}
    assert await kept_lines(way.deps, way.copy, name) == []
    way.old.lies.clear()
    await way.check_equal()


@pytest.mark.slow
async def test_mg_08_another_line_with_a_flipped_byte_is_named_and_healed_by_trying_again(way: Way) -> None:
    way.old.lies["classes/choices"] = lambda said: said.replace(b'"language":"', b'"language":"x', 1)
    move = way.move
    for tries in range(copy_step.MOST_TRIES):
        after = await advance_copy(way.deps, move)
        assert b"choices settings" in (after.said or b"")
        move = msgspec.structs.replace(move, tries=tries + 1)
    assert (after.stage, after.why, after.stopped_in) == (STOPPED, "lines_differ", COPYING)
    way.old.lies.clear()
    await way.check_equal()


async def test_mg_08_a_flipped_byte_in_any_class_is_named_never_verified_and_healed_by_trying_again(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, ada = Random(8), way.old.ada
    await fill_each_class(ada, monkeypatch)
    for name in CLASSES:
        move = msgspec.structs.replace(way.move, copy_id=await a_copy_of(ada, way.deps))
        way.old.lies = {f"classes/{name}": partial(with_another_byte, at=chance.random())}
        try:
            after = await advance_copy(way.deps, move)
        except (RefusedError, RemoteError):
            pass  # the job stops, and says at which class it was
        else:
            assert after.stage == COPYING
            assert f"{name} ".encode() in (after.said or b"")
        async with way.deps.store.database.read() as session:
            noted = await load_move(session, move.sha256, now=0)
        assert noted is not None
        assert noted.current == name
        way.old.lies = {}
        await way._replace(move=move).check_equal()


def with_another_byte(said: bytes, *, at: float) -> bytes:
    """An answer whose lines arrive with one byte flipped; `at`: where in them, from 0 to 1."""
    first, last = len(b'{"lines":['), said.rindex(b"]")
    place = first + int(at * (last - first))
    return said[:place] + bytes([said[place] ^ 1]) + said[place + 1 :]


@pytest.mark.slow
async def test_mg_05_what_an_account_says_while_it_is_copied_comes_too(way: Way) -> None:
    await way.old.ada.says(way.old.ada.own, "Three.")
    await way.check_equal()
    await way.old.ada.settles(way.old.ada.own)
    await way.check_equal()


@pytest.mark.slow
async def test_a_manifest_that_another_key_signed_is_refused(way: Way) -> None:
    def resigned(said: bytes) -> bytes:
        body = msgspec.json.decode(said)
        del body["proof"]
        key = way.deps.identity.keyring.pod_key
        return canonical_bytes(signed(PodItself(), body, key, now=way.deps.clock()))

    way.old.lies["manifest"] = resigned
    assert (await way.refused())["rule"] == "NOT_THEIR_MANIFEST"
    way.old.lies.clear()
    await way.check_equal()


@pytest.mark.slow
@pytest.mark.parametrize("left_out", ["entry", "item", "ack"])
async def test_a_log_or_chain_with_a_hole_is_refused_and_read_anew(way: Way, left_out: str) -> None:
    def holed(said: bytes) -> bytes:
        page = msgspec.json.decode(said)
        gone = next(line for line in reversed(page["lines"]) if line["kind"] == left_out)
        page["lines"].remove(gone)
        page["next"] = None
        return msgspec.json.encode(page)

    way.old.lies["classes/personal"] = holed
    assert (await way.refused())["rule"] in {"LINE_UNPROVEN", "CHAIN_UNSETTLED"}
    way.old.lies.clear()
    await way.check_equal()


@pytest.mark.slow
async def test_who_is_at_home_elsewhere_by_now_is_copied_no_further(way: Way) -> None:
    await way.check_equal()
    state = await settled_person(way.deps, way.copy, way.old.ada.own)
    check_of_person(state, way.move.pod)
    home = Home("https://third.example", state.members[1].home.key)
    gone = msgspec.structs.replace(state.members[1], home=home)
    with pytest.raises(RefusedError) as refusal:
        check_of_person(msgspec.structs.replace(state, members=state.members.set(1, gone)), way.move.pod)
    assert refusal.value.refused.rule.name == "MOVED_ELSEWHERE"


LIES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("marks", lambda said: said.replace(b'"personal":', b'"no class":')),
    ("marks", lambda said: said.replace(b'"personal":"', b'"personal":"' + b"x" * 1001)),
    ("marks", lambda said: said.replace(b'"records/', b'"records/x')),
    ("marks", lambda _: b"[]"),
    ("manifest", lambda said: said.replace(b'"pod":"http://', b'"pod":"https://')),
    ("manifest", lambda _: b'{"type":"Manifest"}'),
    ("classes/choices", lambda _: b'{"lines":[' + b"1," * 500 + b'1],"next":null}'),
    ("classes/choices", lambda _: b'{"lines":[{"key": "a","kind":"b"}],"next":null}'),
    ("classes/choices", lambda _: b"[" * 100_000),
    ("classes/choices", lambda _: b" " * 1_100_000),
]


@pytest.mark.slow
async def test_an_answer_out_of_form_or_bounds_stops_the_job(way: Way) -> None:
    for what, lie in LIES:
        way.old.lies = {what: lie}
        with pytest.raises((RefusedError, RemoteError)) as refusal:
            await advance_copy(way.deps, way.move)
        assert not isinstance(refusal.value, RemoteError) or not refusal.value.retry


@pytest.mark.slow
async def test_a_grant_that_ended_stops_the_job_with_that_reason(way: Way) -> None:
    way.old.status = 403
    assert (await way.refused())["rule"] == "GRANT_ENDED"
    way.old.status = 503
    with pytest.raises(RemoteError) as silent:
        await advance_copy(way.deps, way.move)
    assert silent.value.retry


@pytest.mark.slow
async def test_without_the_personal_group_nothing_can_be_checked(way: Way) -> None:
    source = GrantedSource(way.deps, msgspec.structs.replace(granted(way.deps, way.move), classes=("records",)))
    with pytest.raises(RefusedError) as refusal:
        await source.manifest()
    assert refusal.value.refused.rule.name == "PERSONAL_NEEDED"


@pytest.mark.slow
async def test_a_pod_holds_no_more_copies_than_it_has_room_for(way: Way) -> None:
    room = msgspec.structs.replace(way.deps.config.copies, most=1)
    full = Deps(msgspec.structs.replace(way.deps.config, copies=room), *_rest(way.deps))
    with pytest.raises(RefusedError) as refusal:
        await advance_copy(full, msgspec.structs.replace(way.move, copy_id=None))
    assert refusal.value.refused.rule.name == "NO_ROOM_FOR_COPIES"


def _rest(deps: Deps) -> tuple[Any, ...]:
    return deps.clock, deps.store, deps.identity, deps.outside, deps.signals, deps.memory
