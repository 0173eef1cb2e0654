"""A score as lines whose sum is the score."""

import pytest

from moderation.explain import (
    Kind,
    Line,
    explain,
    line_sentence,
    signed,
    total_sentence,
    totals_by_pod,
)
from moderation.scores import Scale, score
from tests.moderation.test_scores import ORACLE, WEIGHTS, guests
from tests.support.writing import a_vote

NAMES = {1: "anna", 2: "bo", 3: "guest", 4: "troll", 5: "cy"}


def test_md_03_each_term_of_the_oracle_is_a_line_and_the_sum_is_two() -> None:
    explanation = explain(Scale(WEIGHTS), ORACLE)

    assert [(line.kind, line.member, line.amount) for line in explanation.lines] == [
        (Kind.DEFAULT, None, 0),
        (Kind.VOTE, 1, 1_000_000),
        (Kind.VOTE, 2, -2_000_000),
        (Kind.WEIGHTLESS, 3, 0),
        (Kind.WEIGHTLESS, 4, 0),
        (Kind.SUPERSEDED, 5, 0),
        (Kind.VOTE, 5, 3_000_000),
    ]
    assert (explanation.total, explanation.shown) == (2_000_000, True)


def test_md_03_the_oracle_reads_as_sentences() -> None:
    explanation = explain(Scale(WEIGHTS), ORACLE)

    assert [line_sentence(line, NAMES.__getitem__) for line in explanation.lines[1:]] == [
        "anna: vote +1.0 × weight 1.0 = +1.0",
        "bo: vote −1.0 × weight 2.0 = −2.0",
        "guest: vote +1.0, weight 0.0 → not counted",
        "troll: vote +1.0, weight −1.0 → not counted",
        "cy: vote −1.0, changed later → not counted",
        "cy: vote +1.0 × weight 3.0 = +3.0",
    ]
    assert total_sentence(explanation) == "total +2.0, shown only if > 0 → shown"


def test_guests_are_one_line_a_host_and_the_cap_another() -> None:
    wave, few = guests("spam.example", *[1000] * 150), guests("m.example", 1000, -500)
    scale = Scale({}, default_score=-1, others_weight=2000)
    explanation = explain(scale, [], [*wave, *few])

    assert [line_sentence(line) for line in explanation.lines[1:]] == [
        "2 guests of m.example: votes +0.5 × weight 2.0 = +1.0",
        "150 guests of spam.example: votes +150.0 × weight 2.0 = +300.0",
        "guests of spam.example count together for at most 100.0 votes: −100.0",
    ]
    assert explanation.total == score(scale, [], [*wave, *few]) == 200_999_999


def test_weightless_guests_are_said_and_dont_count() -> None:
    line = explain(Scale({}), [], guests("m.example", 1000)).lines[1]

    assert line_sentence(line) == "1 guest of m.example: votes +1.0, weight 0.0 → not counted"


def test_withdrawn_votes_and_people_who_left_are_said() -> None:
    lines = explain(Scale({1: 1000}, default_score=500_000), [a_vote(1, 0), a_vote(2, 1000)]).lines

    assert [line_sentence(line) for line in lines] == [
        "default score of this group: +0.5",
        "member 1: vote withdrawn",
        "member 2: vote +1.0, no longer a member → not counted",
    ]


def test_a_votes_reason_is_quoted() -> None:
    line = Line(Kind.VOTE, -2_000_000, member=2, value=-1000, weight=2000, reason="off topic")

    assert line_sentence(line) == "member 2: vote −1.0 × weight 2.0 = −2.0 “off topic”"


def test_a_hidden_target_says_so() -> None:
    assert total_sentence(explain(Scale({}), [])) == "total 0.0, shown only if > 0 → hidden"


def test_md_28_votes_are_summed_per_pod() -> None:
    votes = [a_vote(1, 1000), a_vote(2, -1000), a_vote(3, 1000)]
    scale = Scale({1: 1000, 2: 1000, 3: 0}, others_weight=1)
    explanation = explain(scale, votes, guests("m.example", *[1000] * 101))

    assert totals_by_pod(explanation, {1: "a", 2: "b", 3: "c"}) == {
        "a": (1, 1_000_000),
        "b": (1, -1_000_000),
        "m.example": (101, 100_000),
    }


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0.0"), (1, "+0.000001"), (-500_000, "−0.5"), (12_000_000, "+12.0"), (-1_250_000, "−1.25")],
)
def test_quantities_are_written_exactly(number: int, expected: str) -> None:
    assert signed(number, 6) == expected


def test_every_kind_of_line_has_a_sentence() -> None:
    assert all(line_sentence(Line(kind, member=1, host="m.example")) for kind in Kind)
