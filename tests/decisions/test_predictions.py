"""Conditions of predictions: which say something, and when they hold."""

from itertools import combinations, product

import pytest

from decisions.predictions import DuePrediction, holds, is_sound, to_evaluate
from protocol.ids import RecordId
from protocol.records.content import Condition, Term

PROPOSALS = tuple(RecordId(name) for name in ("p1", "p2", "p3"))
P1, P2, P3 = PROPOSALS


def condition(*names: str, every: bool) -> Condition:
    """`-p1`: p1 isn't implemented."""
    return Condition(every, tuple(Term(RecordId(name.removeprefix("-")), not name.startswith("-")) for name in names))


@pytest.mark.parametrize(
    ("names", "every", "winners"),
    [
        (["p1"], True, [P1]),
        (["p1", "p2"], False, [P1, P2]),
        (["-p1"], True, [P2, P3, None]),
        (["-p1", "-p2"], True, [P3, None]),
        (["p1", "-p2"], True, [P1]),
        (["p1", "-p2"], False, [P1, P3, None]),
        (["-p1", "-p2", "-p3"], True, [None]),
        (["-p1", "-p2"], False, [P1, P2, P3, None]),
    ],
)
def test_a_condition_holds_for_the_winners_that_it_says(
    names: list[str], every: bool, winners: list[RecordId | None]
) -> None:
    said = condition(*names, every=every)

    assert is_sound(said, PROPOSALS)
    assert [winner for winner in (*PROPOSALS, None) if holds(said, {winner} - {None})] == winners  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "every"),
    [([], True), ([], False), (["p4"], True), (["p1", "p1"], False), (["p1", "-p1"], False), (["p1", "p2"], True)],
)
def test_a_condition_that_says_nothing_or_never_holds_is_not_sound(names: list[str], every: bool) -> None:
    assert not is_sound(condition(*names, every=every), PROPOSALS)


def every_condition() -> list[Condition]:
    return [
        Condition(every, tuple(map(Term, chosen, signs)))
        for size in (1, 2, 3)
        for chosen in combinations(PROPOSALS, size)
        for signs in product((True, False), repeat=size)
        for every in (True, False)
    ]


def test_each_set_of_outcomes_can_be_said_and_each_sound_condition_can_hold() -> None:
    outcomes: list[frozenset[RecordId]] = [frozenset(), *(frozenset({proposal}) for proposal in PROPOSALS)]
    said = {tuple(holds(one, won) for won in outcomes) for one in every_condition() if is_sound(one, PROPOSALS)}

    assert said == set(product((True, False), repeat=4)) - {(False,) * 4}


def test_only_the_chosen_branch_is_evaluated_by_due_date() -> None:
    late = DuePrediction(RecordId("s1"), condition("p1", every=True), 20)
    early = DuePrediction(RecordId("s3"), condition("-p2", every=True), 10)
    other = DuePrediction(RecordId("s2"), condition("p2", every=True), 5)
    unsound = DuePrediction(RecordId("s4"), condition("p1", "p4", every=False), 5)

    assert to_evaluate([late, other, early, unsound], PROPOSALS, {P1}) == (early, late)
    assert to_evaluate([late, other, early, unsound], PROPOSALS, set()) == (early,)
