"""A whole count, from records to the result: what the definition says, for thousands of handfuls of voters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

import numpy as np
import pytest

from decisions.count import Count, PollQuestion, count
from decisions.entries import Logged, PollReading, entries_of
from decisions.rolls import Roll
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Ballot, Delegate, Delegation, Poll, Quorum
from protocol.records.content.polls import Lengths, Option, PollKind
from tests.decisions.oracles import whole_count
from tests.decisions.oracles.whole_count import Asked, Said
from tests.support.community import a_community

POLL: Final = RecordId("bafypoll")
DAY_MS: Final = 24 * 3_600_000
ENDS_AT: Final = 800 * DAY_MS
KINDS: Final[tuple[PollKind, ...]] = ("score", "ranking", "approval", "for-against", "date")
PARENTS: Final = {"wells": "water", "water": "town", "roads": "town"}
KEYS: Final = a_community("counted", 1).now  # a state in which no key was set by a recovery


def a_record(rng: Random, asked: Asked, index: int) -> Said:
    what = rng.choice(["ballot", "ballot", *["delegation"] * 5, *["delegate"] * (rng.random() < 0.1)])
    author = rng.choice([1, 1, 2, 2, 3, 7]) if what == "ballot" else rng.randint(1, 7)
    match what:
        case "ballot":
            says = a_ballot(rng, asked)
        case "delegate":
            says = {"declared": rng.random() < 0.8}
        case _:
            scope = rng.choice(["group", "group", "group", f"poll:{POLL}", "area:wells", "area:town", "area:roads"])
            expires = rng.choice([None, None, None, ENDS_AT, ENDS_AT + 1])
            row = [rng.randint(1, 7) for _ in range(rng.choice([0, 2, 3, 3, 4]))]
            says = {"scope": scope, "delegates": row, "expires": expires}
    return Said(index, f"{rng.randrange(10)}-{index}", author, rng.choice([0, 0, 0, 1]), rng.randrange(6), what, says)


def a_ballot(rng: Random, asked: Asked) -> dict[str, Any]:
    if rng.random() < 0.2:
        return {rng.choice(["blank", "withdraw"]): True}
    named = rng.sample([*asked.options, "unknown"] if rng.random() < 0.1 else asked.options, rng.randint(1, 2))
    match asked.kind:
        case "score":
            return {"scores": {option: rng.choice([0, 50, 100]) for option in named}}
        case "ranking":
            return {"ranking": [*named, named[0]] if rng.random() < 0.05 else named}
        case "for-against":
            return {"choice": rng.choice(["yes", "no"])}
        case _:
            return {"approvals": named}


def a_world(rng: Random, kind: PollKind) -> tuple[Asked, list[Said]]:
    """A poll among at most six, of whom some have said something, some of it in vain."""
    members = rng.sample(range(1, 7), rng.choice([1, 3, 5, 6, 6, 6]))
    heavy = rng.random() < 0.3
    options = ("yes", "no") if kind == "for-against" else ("00", "01", "02")
    declared = [Said(index, f"d{index}", index + 1, 0, 0, "delegate", {"declared": True}) for index in range(6)]
    declared = declared[: rng.choice([0, 3, 6, 6, 6])]
    size = len(declared) + rng.randint(0, 24)
    end = rng.choice([size, size, rng.randint(0, size)])
    asked = Asked(
        id=POLL,
        kind=kind,
        options=options,
        times={option: (rng.choice([5, 6]), rng.choice([7, 8])) for option in options},
        areas=rng.choice([[], ["wells"], ["roads", "wells"]]),
        parents=PARENTS,
        roll={member: rng.choice([1, 500, 3000]) if heavy else 1 for member in sorted(members)},
        lock=rng.choice([end, end, rng.randint(0, end)]),
        end=end,
        ends_at=ENDS_AT,
        fresh=rng.choice([0, 0, 0, rng.randint(0, size)]),
        percent=rng.choice([None, None, 30, 60]),
        number=rng.choice([None, None, 2]),
        able={
            name: frozenset(rng.sample(range(1, 8), rng.choice([5, 7, 7, 7]))) for name in ("delegate", "be_delegate")
        },
    )
    return asked, [*declared, *(a_record(rng, asked, index) for index in range(len(declared), size))]


def logged(one: Said) -> Logged:
    header: Any = {**UNSIGNED, "author": one.author, "key": one.key, "counter": one.counter}
    match one.what:
        case "ballot":
            form: dict[str, Any] = {
                name: tuple(said) if isinstance(said, list) else said for name, said in one.says.items()
            }
            return Logged(one.index, RecordId(one.id), Ballot(poll=POLL, **form, **header))
        case "delegate":
            return Logged(one.index, RecordId(one.id), Delegate(declared=one.says["declared"], **header))
        case _:
            kind, _, name = one.says["scope"].partition(":")
            of = {kind: name} if name else {}
            row = {"delegates": tuple(one.says["delegates"]), "expires": one.says["expires"]}
            return Logged(one.index, RecordId(one.id), Delegation(**row, **of, **header))


def counted(asked: Asked, log: Sequence[Said]) -> Count:
    times = asked.times if asked.kind == "date" else {}
    options = tuple(Option(one, **_times(times.get(one))) for one in asked.options)
    said: Any = {"kind": asked.kind, "quorum": Quorum(percent=asked.percent, number=asked.number)}
    poll = Poll(
        title="Which?",
        lengths=Lengths(voting=DAY_MS),
        options=() if asked.kind == "for-against" else options,
        **said,
        **UNSIGNED,
    )
    reading = PollReading(
        poll=poll,
        round=1,
        options=frozenset(asked.options),
        may=lambda name, number: number in asked.able[name],
        opened=1,
        keys=KEYS,
        sealed_at=lambda index: ENDS_AT if index >= asked.fresh else ENDS_AT - 365 * DAY_MS,
    )
    question = PollQuestion(POLL, poll, 1, tuple(asked.options), tuple(asked.areas), asked.parents, ENDS_AT)
    roll = Roll(np.array(list(asked.roll), np.int64), np.array(list(asked.roll.values()), np.int64))
    return count(question, roll, entries_of(reading, map(logged, log)), lock=asked.lock, end=asked.end)


def _times(times: tuple[int, int] | None) -> dict[str, Any]:
    return {"start": times[0], "end": times[1]} if times is not None else {}


def told(asked: Asked, log: Sequence[Said]) -> dict[str, Any]:
    """The count in the words of the definition."""
    found = counted(asked, log)
    result, members = found.result, list(asked.roll)
    roots = {}
    for index, member in enumerate(members):
        end = index
        while found.paths.parent[end] >= 0:
            end = int(found.paths.parent[end])
        roots[member] = members[end] if found.paths.reached[index] else None
    names = ("roll", "counted", "direct", "blank", "silent", "stranded", "quorum_met")
    return {name: getattr(result, name) for name in names} | {
        "sums": {one.id: one.support.total for one in result.options},
        "means": {one.id: one.mean for one in result.options} if asked.kind == "score" else {},
        "winners": list(result.winners),
        "roots": roots,
    }


def defined(asked: Asked, log: Sequence[Said]) -> dict[str, Any]:
    right = whole_count.count(asked, log)
    return right | {"means": {option: None if mean is None else str(mean) for option, mean in right["means"].items()}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_count_is_what_the_definition_says_of_the_records(kind: PollKind) -> None:
    seen = set()
    for number in range(600):
        rng = Random(f"{kind} {number}")
        asked, log = a_world(rng, kind)

        found = told(asked, log)

        assert found == defined(asked, log), (number, asked, log)
        assert told(asked, rng.sample(log, len(log))) == found, "the order of records never matters"
        carried = [end for end in found["roots"].values() if end is not None]
        assert sum(asked.roll[member] for member, end in found["roots"].items() if end) == found["counted"]
        assert found["counted"] + found["silent"] + found["stranded"] == found["roll"]
        seen |= {("won", len(found["winners"]) > 0), ("way", len(set(carried)) < len(carried))}
        seen |= {("lost", found["stranded"] > 0), ("locked", asked.lock < asked.end), ("met", found["quorum_met"])}
    assert len(seen) == 10, "some worlds have each"


def test_ones_own_ballot_beats_ones_delegate_and_withdrawing_it_syncs_back() -> None:
    for number in range(400):
        rng = Random(number)
        asked, log = a_world(rng, rng.choice(KINDS))
        asked = replace(asked, end=len(log) + 2)
        member = rng.choice(list(asked.roll))
        before = told(asked, log)
        if whole_count.is_delegate(asked, log, member) or whole_count.ballot(asked, log, member) is not None:
            continue
        said = a_ballot(rng, asked)
        if said.get("withdraw") or not whole_count.fits(asked, said):
            continue
        own = Said(len(log), "zz", member, 9, 0, "ballot", said)
        taken_back = Said(len(log) + 1, "zz-", member, 9, 1, "ballot", {"withdraw": True})

        assert told(asked, [*log, own])["roots"][member] == member
        assert told(asked, [*log, own, taken_back]) == before


def test_somebody_more_who_is_stranded_changes_no_sum_and_no_way() -> None:
    for number in range(400):
        rng = Random(number)
        asked, log = a_world(rng, rng.choice(KINDS))
        asked = replace(asked, able={name: able | {8} for name, able in asked.able.items()}, end=len(log) + 1)
        before = told(asked, log)
        lost = [member for member, end in before["roots"].items() if end is None]
        row = rng.sample(lost, min(2, len(lost))) or [9]
        follows = Said(len(log), "zz", 8, 0, 0, "delegation", {"scope": "group", "delegates": row, "expires": None})

        after = told(replace(asked, roll={**asked.roll, 8: 1}, fresh=min(asked.fresh, len(log))), [*log, follows])

        assert after["roots"] == {**before["roots"], 8: None}
        for name in ("counted", "direct", "blank", "silent", "sums", "means"):
            assert after[name] == before[name]
        assert after["stranded"] == before["stranded"] + 1
