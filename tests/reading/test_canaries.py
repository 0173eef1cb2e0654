"""No reader of a pod finds words that aren't for them, at any address; and each finds those that are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import pytest

from tests.reading.canaries import BANNED, CANARIES, FORMER, FOUNDER, MEMBER, MUTER, READER, STRANGER, Canary
from tests.reading.crawler import Walk, readable_routes
from tests.reading.house import House, build
from tests.support.rig import ServedPod, worker_number

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
READERS: Final = {
    STRANGER: "",
    READER: "cy",
    MEMBER: "bo",
    FOUNDER: "ada",
    FORMER: "dee",
    BANNED: "eve",
    MUTER: "mu",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    pod = ServedPod(tmp_path_factory.mktemp("reading") / "pod", worker_number(), 41)
    pod.create()
    try:
        yield build(pod)
    finally:
        pod.kill()


@contextmanager
def walking(house: House, reader: str) -> Iterator[Walk]:
    name = READERS[reader]
    walk = Walk(house, name, house.people[name].account["token"] if name else "")
    try:
        yield walk
    finally:
        walk.close()


@pytest.mark.parametrize("reader", READERS)
def test_r1_to_r8_a_reader_finds_no_words_that_are_not_for_them(house: House, reader: str) -> None:
    found: dict[str, set[str]] = {}
    faults = []
    canaries = {name: placed(house, canary) for name, canary in CANARIES.items()}
    with walking(house, reader) as walk:
        for answer in walk.answers():
            if answer.status >= 500:
                faults.append(f"{answer.status} {answer.path}")
            for name, canary in canaries.items():
                if canary.word in answer.text and not canary.may_stand(reader, answer.path):
                    found.setdefault(name, set()).add(answer.path)
        assert walk.asked == set(readable_routes())
    assert faults == []
    assert sorted(f"{name}: {path}" for name, paths in found.items() for path in paths) == []


@pytest.mark.parametrize("reader", READERS)
def test_each_canary_is_where_its_readers_look_for_it(house: House, reader: str) -> None:
    with walking(house, reader) as walk:
        missing = [
            (name, canary.met)
            for name, canary in CANARIES.items()
            if reader in canary.by and canary.word not in walk.get(house.at(canary.met)).text
        ]
    assert missing == []


def test_r1_no_vote_elsewhere_names_a_post_of_a_private_group(house: House) -> None:
    assert [status for status in house.refused if status < 400] == []


def placed(house: House, canary: Canary) -> Canary:
    """The canary with the ids of this house in its places."""
    return replace(canary, places={reader: house.at(pattern) for reader, pattern in canary.places.items()})
