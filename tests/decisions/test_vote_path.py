"""Where a vote went, told to one voter: it agrees with rule FL over everybody, and each choice has its why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
import pytest

from decisions.delegate_lists import table_of
from decisions.delegation import resolve
from decisions.mandates import mandates
from decisions.score import tally_scores
from decisions.vote_path import MOST_TOLD, Branch, ChoiceEnd, Reached, explain, way_of

YOU, ANNA, BO, CIA, DAN = 1, 2, 3, 4, 5


def told(
    lists: Mapping[int, Sequence[int]],
    cast: Sequence[int],
    *,
    voter: int = YOU,
    roll: Sequence[int] = range(1, 6),
    delegates: Sequence[int] | None = None,
) -> Branch:
    reached = Reached(tuple(roll), lists, frozenset(roll if delegates is None else delegates), frozenset(cast))
    return explain(voter, reached, reached.paths())


def whys(branch: Branch) -> list[tuple[int, str]]:
    return [(choice.member, choice.why.value) for choice in branch.choices]


def test_dc_07_a_second_choice_is_not_used_while_the_first_voted() -> None:
    tree = told({YOU: [ANNA, BO]}, [ANNA, BO])
    assert (tree.why, way_of(tree)) == (ChoiceEnd.USED, (YOU, ANNA))
    assert whys(tree) == [(ANNA, "used"), (BO, "not-needed")]
    assert tree.choices[1].instead == ANNA
    assert (tree.choices[0].voted, tree.choices[0].place) == (True, 1)


def test_dc_07_a_first_choice_that_reaches_nobody_is_told_to_its_end() -> None:
    tree = told({YOU: [ANNA, BO], ANNA: [CIA], CIA: [ANNA]}, [BO])
    assert way_of(tree) == (YOU, BO)
    (anna, bo) = tree.choices
    assert (anna.why, bo.why) == (ChoiceEnd.NOBODY, ChoiceEnd.USED)
    assert whys(anna) == [(CIA, "nobody")]
    assert whys(anna.choices[0]) == [(ANNA, "loop")]


def test_dc_07_a_way_with_more_second_choices_is_longer() -> None:
    tree = told({YOU: [ANNA, BO], ANNA: [DAN, DAN, CIA]}, [BO, CIA])
    assert [choice.why for choice in tree.choices] == [ChoiceEnd.LONGER, ChoiceEnd.USED]


def test_dc_07_ones_own_ballot_comes_before_every_list() -> None:
    tree = told({YOU: [ANNA, YOU]}, [YOU, ANNA])
    assert (tree.why, way_of(tree)) == (ChoiceEnd.CAST, (YOU,))
    assert whys(tree) == [(ANNA, "own-ballot"), (YOU, "oneself")]


def test_dc_07_a_stranded_and_a_silent_vote_say_so() -> None:
    assert told({YOU: [ANNA]}, []).why is ChoiceEnd.NOBODY
    assert told({}, [ANNA]).why is ChoiceEnd.SILENT


def test_dc_07_entries_that_reach_nobody_by_themselves_say_which() -> None:
    tree = told({YOU: [YOU, ANNA, ANNA, 9, BO]}, [ANNA, BO], delegates=[ANNA, 9])
    assert whys(tree) == [
        (YOU, "oneself"),
        (ANNA, "used"),
        (ANNA, "repeated"),
        (9, "off-roll"),
        (BO, "not-declared"),
    ]


def test_dc_07_the_note_five_voters_a_delegate_three_who_follow_and_one_who_overrides() -> None:
    roll, lists = range(1, 6), {2: [1], 3: [1], 4: [1], 5: [1]}
    reached = Reached(tuple(roll), lists, frozenset({1}), frozenset({1, 5}))
    paths = reached.paths()
    assert [way_of(explain(voter, reached, paths)) for voter in roll] == [(1,), (2, 1), (3, 1), (4, 1), (5,)]
    cast = np.array([voter in reached.cast for voter in roll], np.bool_)
    carried = mandates(paths, cast, np.ones(5, np.bool_))
    voices = carried.voices.of(np.array([0, 4], np.int32))
    sums = [one.scored.total for one in tally_scores(np.array([[80, 0], [20, 100]], np.int8), voices)]
    assert sums == [320, 180]


def test_a_long_chain_is_told_to_an_end() -> None:
    roll = range(1, 200)
    tree = told({number: [number + 1] for number in range(1, 199)}, [199], roll=roll)
    assert len(way_of(tree)) == MOST_TOLD + 1
    while tree.choices:
        (tree,) = tree.choices
    assert tree.untold


@pytest.mark.parametrize("seed", range(40))
def test_dc_07_what_is_told_is_what_is_counted(seed: int) -> None:
    rng = Random(seed)
    roll = tuple(range(1, 9))
    lists = {number: [rng.randrange(1, 11) for _ in range(rng.randrange(4))] for number in roll if rng.random() < 0.8}
    delegates, cast = (frozenset(number for number in roll if rng.random() < share) for share in (0.8, 0.3))
    table, _ = table_of(lists, roll, delegates)
    whole = resolve(table, np.array([number in cast for number in roll], np.bool_))
    for voter in roll:
        near = within(voter, lists, delegates & set(roll), cast)
        reached = Reached(near, {n: row for n, row in lists.items() if n in near}, delegates, cast & set(near))
        tree = explain(voter, reached, reached.paths())
        expected = [voter]
        while (parent := int(whole.parent[expected[-1] - 1])) >= 0:
            expected.append(roll[parent])
        assert list(way_of(tree)) == expected
        assert (tree.why in (ChoiceEnd.CAST, ChoiceEnd.USED)) == bool(whole.reached[voter - 1])


def within(
    voter: int, lists: Mapping[int, Sequence[int]], delegates: frozenset[int], cast: frozenset[int]
) -> tuple[int, ...]:
    """Whom lists lead to from a voter; no list is looked at of who cast a ballot."""
    found, level = {voter}, [voter]
    while level:
        named = {one for member in level if member not in cast for one in lists.get(member, ()) if one in delegates}
        level = sorted(named - found)
        found |= named
    return tuple(sorted(found))
