"""Whoever takes one guard away is told: without it some reader finds words that aren't theirs.

python -m tests.reading.test_guards [PART OF A NAME…]     takes each guard away from a copy of the code, and walks
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.reading.canaries import CANARIES, MEMBER, PODS
from tests.reading.crawler import documents
from tests.reading.guards import GUARDS
from tests.reading.house import House, build
from tests.reading.neighbours import neighbourhood
from tests.reading.rule_guards import Guard
from tests.reading.test_canaries import placed, walking
from tests.support.crawling import KINDS, Answer
from tests.support.folders import ROOT
from tests.support.rig import ServedPod, worker_number

PACKAGES = ("pod", "federation", "migrations", "models", "moderation", "decisions", "protocol", "static")
NUMBER = 42


@pytest.mark.parametrize("guard", GUARDS, ids=[guard.name for guard in GUARDS])
def test_each_guard_stands_where_the_list_says(guard: Guard) -> None:
    for file, guarded, open_ in guard.changes:
        assert (ROOT / file).read_text(encoding="utf-8").count(guarded) == 1
        assert guarded != open_
    assert guard.readers


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.skipif(not os.environ.get("ALTHING_FULL"), reason="half an hour; ALTHING_FULL=1 runs it")
def test_without_any_one_guard_a_word_is_found_where_it_should_not_be() -> None:
    assert [name for name, found in walk_without(GUARDS) if not found] == []


def walk_without(guards: Sequence[Guard]) -> Iterator[tuple[str, str]]:
    """For each guard where the first word was found without it; nothing where none was."""
    with TemporaryDirectory() as scratch:
        folder, code = Path(scratch), Path(scratch) / "code"
        for package in PACKAGES:
            shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
        pod = ServedPod(folder / "pod", worker_number(), NUMBER)
        pod.create()
        with neighbourhood() as neighbours:
            try:
                house = build(pod, neighbours)
            finally:
                pod.kill()
            pod.code = code
            for guard in guards:
                with _taken_away(code, guard):
                    pod.start()
                    try:
                        yield guard.name, _leak_to_any(house, guard)
                    finally:
                        pod.kill()


@contextmanager
def _taken_away(code: Path, guard: Guard) -> Iterator[None]:
    whole = {file: (code / file).read_text(encoding="utf-8") for file, _, _ in guard.changes}
    for file, guarded, without in guard.changes:
        path = code / file
        path.write_text(path.read_text(encoding="utf-8").replace(guarded, without), encoding="utf-8")
    try:
        yield
    finally:
        for file, text in whole.items():
            (code / file).write_text(text, encoding="utf-8")


def _leak_to_any(house: House, guard: Guard) -> str:
    for reader in guard.readers:
        if guard.held:
            with walking(house, MEMBER) as walk:
                assert walk.get(house.at(guard.held), KINDS[-1]).status == 200
        if found := _leak_to(house, reader, house.at(guard.near)):
            return found
    return ""


def _leak_to(house: House, reader: str, near: str) -> str:
    if reader in PODS:
        return _first_leak(house, reader, documents(house, reader, near))
    with walking(house, reader) as walk:
        return _first_leak(house, reader, walk.answers(near))


def _first_leak(house: House, reader: str, answers: Iterator[Answer]) -> str:
    canaries = {name: placed(house, canary) for name, canary in CANARIES.items()}
    for answer in answers:
        for word, canary in canaries.items():
            if canary.word in answer.text and not canary.may_stand(reader, answer.path):
                return f"{reader}: {word} at {answer.path}"
    return ""


if __name__ == "__main__":
    asked = sys.argv[1:]
    wanted = [guard for guard in GUARDS if not asked or any(part in guard.name for part in asked)]
    for told, where in walk_without(wanted):
        print(f"{told:75} {where or 'NOT NOTICED'}", flush=True)
