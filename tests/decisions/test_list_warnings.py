"""What somebody is told of their list of delegates."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from decisions.delegate_lists import LAPSES_AFTER_MS
from decisions.list_warnings import ListWarning, NamedMember, Warned, loop_of, warnings_of

GOOD = NamedMember(weight=1000, left=False, declared=True)
NOW = 1_000_000


def told(delegates: list[int], **members: NamedMember) -> list[tuple[str, int | None]]:
    known = dict.fromkeys(delegates, GOOD) | {int(name[1:]): member for name, member in members.items()}
    found = warnings_of(1, delegates, known, {}, expires=None, now=NOW)
    return [(one.about.value, one.member) for one in found if one.about is not Warned.LAPSES]


def test_names_that_reach_nobody_are_told_with_their_reason() -> None:
    assert told([2, 3]) == []
    assert told([1, 2, 2]) == [("oneself", 1), ("repeated", 2)]
    gone, banned = NamedMember(1000, True, True), NamedMember(-1, False, True)
    quiet, off = NamedMember(1000, False, False), NamedMember(1000, False, True, on_roll=False)
    assert told([2, 3, 4, 5], m2=gone, m3=banned, m4=quiet, m5=off) == [
        ("left", 2),
        ("black-listed", 3),
        ("not-declared", 4),
        ("off-roll", 5),
    ]


def test_dc_09_a_loop_is_named_and_nothing_is_refused() -> None:
    found = warnings_of(1, [2], {2: GOOD}, {2: [3], 3: [1]}, expires=None, now=NOW)
    assert ListWarning(Warned.LOOP, loop=(1, 2, 3, 1)) in found


def test_a_list_lapses_after_a_year_or_when_it_says_so() -> None:
    for expires, at in ((None, NOW + LAPSES_AFTER_MS), (NOW + 5, NOW + 5), (2**50, NOW + LAPSES_AFTER_MS)):
        assert warnings_of(1, [2], {2: GOOD}, {}, expires=expires, now=NOW) == (ListWarning(Warned.LAPSES, at=at),)
    assert warnings_of(1, [], {}, {}, expires=None, now=NOW) == ()


@pytest.mark.parametrize("seed", range(30))
def test_dc_09_a_loop_is_found_exactly_if_a_way_leads_back(seed: int) -> None:
    rng = Random(seed)
    follows = {n: [rng.randrange(1, 7) for _ in range(rng.randrange(3))] for n in range(1, 7)}
    loop = loop_of(1, follows)
    reached = {n for n in follows[1] if n != 1}
    for _ in range(6):
        reached |= {named for n in reached for named in follows[n] if named != 1}
    assert bool(loop) == any(1 in follows[n] for n in reached)
    if loop:
        assert (loop[0], loop[-1]) == (1, 1)
        assert all(there in follows[here] for here, there in pairwise(loop))
