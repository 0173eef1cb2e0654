"""A result's file is made once: the next who asks costs no scan, and words that were erased or withheld are gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pytest
from sqlalchemy import event

from federation.errors import BusyError
from pod.actions.decisions import poll_course
from pod.actions.decisions.kept_files import FOLDER, KeptFiles
from pod.actions.decisions.result_file import ToldPoll, write_file
from pod.actions.reading.decisions.files import find_result_file
from pod.actions.reading.decisions.polls import describe_poll
from pod.deps import Deps
from pod.memory import MOST_FILES_MADE
from protocol.ids import RecordId, record_id
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

HOUR = 3_600_000


class Decided(msgspec.Struct, frozen=True):
    """A group of ada whose poll is final, two posts from before it, and the floor of the pod, which is mod's."""

    ada: Person
    mod: Person
    floor: str
    group: RecordId
    poll: RecordId
    posts: list[str]

    @property
    def path(self) -> str:
        return f"/api/v1/groups/{self.group}/polls/{self.poll}/bundle"

    def file(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.ada.get(self.path)
        return answer


@pytest.fixture(scope="module")
def decided(pod: ServedPod) -> Decided:
    ada, mod = pod.sign_up("ada"), pod.sign_up("mod")
    pod.set_clock(0)
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    floor = mod.post("/api/v1/groups", {"name": "What we won't host", "default_score": 1})["group"]
    bodies = [{"kind": "note", "paragraphs": [{"style": "text", "text": f"Words {one}."}]} for one in range(2)]
    posts = [ada.post(f"/api/v1/groups/{group}/posts", body)["record"] for body in bodies]
    asked = {"kind": "for-against", "title": "Dig?", "lengths": {"voting": HOUR, "contest": 0}}
    poll = ada.post(f"/api/v1/groups/{group}/polls", asked)["record"]
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "voting")
    ada.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})
    with (pod.folder / "pod.toml").open("a") as config:
        config.write(f'\n[moderation]\nfloor = ["{floor}"]\n')
    pod.kill()
    pod.set_clock(2 * HOUR)
    pod.start()
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "final")
    return Decided(ada, mod, floor, group, poll, posts)


async def statements(deps: Deps, decided: Decided, times: int) -> list[list[str]]:
    """What each of some requests, one after another, asks of the database."""
    asked: list[list[str]] = []

    def note(*said: Any) -> None:
        asked[-1].append(said[2])

    event.listen(deps.store.database.reading.sync_engine, "before_cursor_execute", note)
    for _ in range(times):
        asked.append([])
        await find_result_file(deps, None, decided.group, decided.poll)
    return asked


def scans(asked: list[str]) -> list[str]:
    return [one for one in asked if "records.wire" in one]


def test_dc_17_who_asks_again_for_a_results_file_costs_no_scan(pod: ServedPod, decided: Decided) -> None:
    first, second = pod.act(lambda deps: statements(deps, decided, 2))

    assert scans(first)
    assert not scans(second)
    assert len(second) < len(first)
    ranged = decided.ada.get(decided.path)
    assert len(ranged["leaves"]) == len(ranged["records"])


def test_dc_17_many_who_ask_at_once_have_one_file_made(
    pod: ServedPod, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    async def slow(session: Any, deps: Deps, readable: Any, told: ToldPoll, file: BinaryIO) -> None:
        made.append(told.so_far.poll.id)
        for _ in range(100):
            await asyncio.sleep(0)  # the others' turns
        await write_file(session, deps, readable, told, file)

    async def asked(deps: Deps) -> int:
        KeptFiles(deps.config.data).forget(decided.group)
        each = [find_result_file(deps, None, decided.group, decided.poll) for _ in range(20)]
        return len(set(await asyncio.gather(*each)))

    monkeypatch.setattr("pod.actions.reading.decisions.files.write_file", slow)

    assert pod.act(asked) == 1
    assert made == [decided.poll]


def test_dc_17_only_few_files_are_made_at_once(pod: ServedPod, decided: Decided) -> None:
    async def asked(deps: Deps) -> None:
        KeptFiles(deps.config.data).forget(decided.group)
        with ExitStack() as others:
            for number in range(MOST_FILES_MADE):
                others.enter_context(deps.memory.locks.files_made.held(str(number)))
            await find_result_file(deps, None, decided.group, decided.poll)

    with pytest.raises(BusyError):
        pod.act(asked)


def test_dc_17_what_the_floor_withholds_is_in_no_kept_file(decided: Decided) -> None:
    post, path = decided.posts[0], f"/api/v1/groups/{decided.floor}/votes"
    assert "Words 0." in json.dumps(decided.file())

    decided.mod.post(path, {"target": {"post": post}, "value": -1000})
    hidden = decided.file()
    decided.mod.post(path, {"target": {"post": post}, "value": 0})

    assert "Words 0." not in json.dumps(hidden)
    assert [one[0] for one in hidden["unread"]] == [post]
    assert "Words 0." in json.dumps(decided.file())
    decided.mod.post(path, {"target": {"paragraph": {"record": post, "index": 0}}, "value": -1})
    assert "Words 0." not in json.dumps(decided.file())


def test_dc_17_what_the_floor_withholds_of_a_count_takes_its_file_away(decided: Decided) -> None:
    path = f"/api/v1/groups/{decided.floor}/votes"
    decided.mod.post(path, {"target": {"post": decided.poll}, "value": -1000})

    with pytest.raises(RefusedByHttpError) as refusal:
        decided.file()

    assert refusal.value.problem["rule"] == "withheld"
    decided.mod.post(path, {"target": {"post": decided.poll}, "value": 0})
    assert decided.file()["poll"] == decided.poll


def test_dc_17_a_floor_that_hides_all_it_does_not_vote_for_is_followed_too(decided: Decided) -> None:
    group, votes = decided.floor, f"/api/v1/groups/{decided.floor}/votes"
    decided.mod.post(f"/api/v1/groups/{group}/operations", {"do": "set-policy", "with": {"default_score": 0}})
    eventually(lambda: _refused(decided))

    for target in (decided.poll, decided.posts[1]):
        decided.mod.post(votes, {"target": {"post": target}, "value": 1000})
    assert "Words 1." in json.dumps(decided.file())
    decided.mod.post(votes, {"target": {"post": decided.posts[1]}, "value": 0})

    assert "Words 1." not in json.dumps(decided.file())
    decided.mod.post(votes, {"target": {"post": decided.posts[1]}, "value": 1000})


def test_dc_17_what_was_erased_is_in_no_kept_file(pod: ServedPod, decided: Decided) -> None:
    post, kept = decided.posts[1], pod.folder / FOLDER / decided.group
    assert "Words 1." in json.dumps(decided.file())
    (before,) = kept.iterdir()
    words = before.read_bytes()

    decided.ada.post(f"/api/v1/groups/{decided.group}/records", {"type": "Erase", "records": [post]})

    assert not kept.exists(), "nothing on the disk tells what was erased"
    kept.mkdir()
    before.write_bytes(words)  # as if another process had been about to keep it
    after = decided.file()
    assert "Words 1." not in json.dumps(after)
    assert post in [one[0] for one in after["unread"]]


def _refused(decided: Decided) -> bool:
    try:
        decided.file()
    except RefusedByHttpError:
        return True
    return False


@pytest.fixture
def names() -> Iterator[RecordId]:
    return map(record_id, (b"one", b"two", b"three", b"four"))


def test_files_that_nobody_asked_for_longest_make_room(tmp_path: Path, names: Iterator[RecordId]) -> None:
    kept, group, polls = KeptFiles(tmp_path, most=250), next(names), list(names)
    for poll in polls[:2]:
        with kept.made(group, poll, "mark") as file:
            file.write(b"x" * 100)
    far = 2**45
    assert kept.find(group, polls[0], "mark", now=far)

    with kept.made(group, polls[2], "mark") as file:
        file.write(b"x" * 100)

    assert [kept.find(group, poll, "mark", now=far) is not None for poll in polls] == [True, False, True]


def test_a_file_that_was_not_made_to_its_end_is_not_kept(tmp_path: Path, names: Iterator[RecordId]) -> None:
    kept, group, poll = KeptFiles(tmp_path), next(names), next(names)

    with pytest.raises(RuntimeError), kept.made(group, poll, "mark"):
        raise RuntimeError

    assert kept.find(group, poll, "mark", now=0) is None
    assert not list((tmp_path / FOLDER / group).iterdir())


def test_a_new_file_of_a_poll_takes_the_place_of_earlier_ones(tmp_path: Path, names: Iterator[RecordId]) -> None:
    kept, group, poll = KeptFiles(tmp_path), next(names), next(names)
    for mark in ("before", "after"):
        with kept.made(group, poll, mark):
            pass

    assert [kept.find(group, poll, mark, now=0) is not None for mark in ("before", "after")] == [False, True]


def test_w8_who_looks_at_a_poll_has_nothing_counted(
    pod: ServedPod, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lacking(*_: Any) -> None:
        return None

    async def counted(*_: Any, **__: Any) -> None:
        raise AssertionError("a reader had it counted")

    monkeypatch.setattr(poll_course, "load_result", lacking)
    monkeypatch.setattr(poll_course, "load_count", counted)

    async def look(deps: Deps) -> tuple[str, object]:
        sight = await describe_poll(deps, None, decided.group, decided.poll)
        return sight.poll.phase, sight.outcome

    assert pod.act(look) == ("ended", None)
    monkeypatch.undo()
    phase, outcome = pod.act(look)
    assert (phase, outcome is None) == ("final", False)
