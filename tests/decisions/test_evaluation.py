"""LoggedEvaluation: who is heard, what the majority says, and what was said before."""

from random import Random

import pytest

from decisions.evaluation import LoggedEvaluation, Outcome, outcome_at, outcomes
from tests.support.writing import an_id

EVALUATORS = frozenset(range(1, 8))
WINDOW = range(100)


def said(
    author: int, happened: bool | None, leaf: int, *, key: int = 0, counter: int | None = None
) -> LoggedEvaluation:
    return LoggedEvaluation(an_id((author, leaf)), author, key, leaf if counter is None else counter, leaf, happened)


def found(
    *evaluations: LoggedEvaluation, bettors: frozenset[int] = frozenset(), window: range = WINDOW
) -> list[Outcome]:
    return list(outcomes(evaluations, evaluators=EVALUATORS, bettors=bettors, window=window))


@pytest.mark.parametrize(
    ("yes", "no", "happened"),
    [(3, 0, True), (2, 0, None), (0, 3, False), (2, 1, True), (1, 2, False), (2, 2, None), (1, 1, None), (3, 2, True)],
)
def test_dc_15_the_majority_of_three_or_more_says_what_happened(yes: int, no: int, happened: bool | None) -> None:
    votes = [said(author, author <= yes, author) for author in range(1, yes + no + 1)]

    assert found(*votes)[-1].happened is happened


def test_who_bet_on_it_and_who_may_not_is_not_heard() -> None:
    votes = [said(author, True, author) for author in (1, 2, 3, 99)]

    assert found(*votes, bettors=frozenset({3})) == [Outcome(1, 1, 0), Outcome(2, 2, 0)]


def test_what_comes_before_the_due_date_or_after_ninety_days_is_not_heard() -> None:
    votes = [said(author, True, author * 10) for author in (1, 2, 3, 4)]

    assert [one.leaf for one in found(*votes, window=range(20, 40))] == [20, 30]


def test_every_revision_is_recorded_and_one_that_changes_nothing_is_none() -> None:
    votes = [
        *(said(author, True, author) for author in (1, 2, 3)),
        said(3, True, 4),
        said(3, False, 5),
        said(2, False, 6),
        said(2, None, 7),
    ]

    assert [(one.leaf, one.yes, one.no, one.happened) for one in found(*votes)] == [
        (1, 1, 0, None),
        (2, 2, 0, None),
        (3, 3, 0, True),
        (5, 2, 1, True),
        (6, 1, 2, False),
        (7, 1, 1, None),
    ]


def test_the_highest_key_and_counter_counts_not_the_latest_in_the_log() -> None:
    others = [said(1, True, 1), said(2, True, 2)]
    newer, older = said(3, False, 3, key=1, counter=5), said(3, True, 4, key=0, counter=9)

    assert found(*others, newer, older)[-1] == Outcome(3, 2, 1)


def test_the_outcome_at_each_place_of_the_log_is_what_a_count_of_its_prefix_says() -> None:
    rng = Random(7)
    for _ in range(400):
        votes = [
            said(rng.randint(1, 8), rng.choice([True, False, None]), leaf, counter=rng.randint(0, 4))
            for leaf in range(rng.randint(0, 15))
        ]
        bettors = frozenset(rng.sample(range(1, 9), 2))
        window = range(rng.randint(0, 4), rng.randint(8, 16))
        shuffled = rng.sample(votes, len(votes))
        told = outcomes(shuffled, evaluators=EVALUATORS, bettors=bettors, window=window)
        for size in range(17):
            assert outcome_at(told, size) == by_hand(votes, bettors, window, size)


def by_hand(votes: list[LoggedEvaluation], bettors: frozenset[int], window: range, size: int) -> bool | None:
    heard = {}
    for one in sorted(votes, key=lambda one: (one.key, one.counter, one.id)):
        if one.leaf < size and one.leaf in window and one.author in EVALUATORS - bettors:
            heard[one.author] = one.happened
    yes, no = list(heard.values()).count(True), list(heard.values()).count(False)
    return None if yes + no < 3 or yes == no else yes > no
