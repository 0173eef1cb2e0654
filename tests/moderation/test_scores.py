"""Scores in micro units: default, votes, weights, guests."""

from typing import Any

import pytest

from moderation.scores import Reply, Scale, change, chosen_reply, is_shown, score
from protocol.records.content import Vote
from protocol.votes import CastVote, GuestBallot, cast_vote
from tests.support.folders import read_vectors
from tests.support.writing import TARGET, a_vote, an_id, content_of

ORACLE = [
    a_vote(1, 1000),
    a_vote(2, -1000),
    a_vote(3, 1000),
    a_vote(4, 1000),
    a_vote(5, -1000, counter=1),
    a_vote(5, 1000, counter=2),
]
WEIGHTS = {1: 1000, 2: 2000, 3: 0, 4: -1000, 5: 3000}


def guests(host: str, *values: int) -> list[GuestBallot]:
    return [GuestBallot(f"{host}/{n}", host, TARGET, value, log_index=n) for n, value in enumerate(values)]


def votes_on(vector: dict[str, Any], token: str) -> list[CastVote]:
    return [
        cast_vote(own, content)
        for own, _, content in content_of(vector)
        if isinstance(content, Vote) and content.target.token == token
    ]


def test_md_03_the_oracle_is_two() -> None:
    assert score(Scale(WEIGHTS), ORACLE) == 2_000_000


def test_the_vectors_scores_are_met() -> None:
    vector = read_vectors("records.json")
    by_name = {entry["name"]: entry for entry in vector["records"]}
    post, patch = by_name["Post by ada"]["id"], by_name["Patch by bo"]["id"]
    scale = Scale({1: 3000, 2: 2000})
    on_post = votes_on(vector, f'{{"post":"{post}"}}')
    changed = by_name["Vote: bo changes his mind on the post"]["id"]

    assert score(scale, on_post) == vector["scores_micro"]["post"]
    assert (
        score(scale, [vote for vote in on_post if vote.id != changed])
        == vector["scores_micro"]["post_before_bo_changed"]
    )
    on_paragraph = votes_on(vector, f'{{"paragraph":{{"index":0,"record":"{patch}"}}}}')
    assert score(scale, on_paragraph) == vector["scores_micro"]["paragraph_0_of_bos_patch"]


def test_a_ban_works_on_old_votes() -> None:
    votes = [a_vote(1, 1000)]

    assert score(Scale({1: 1000}), votes) == 1_000_000
    assert score(Scale({1: -1000}), votes) == 0
    assert score(Scale({}), votes) == 0


def test_paragraphs_have_no_default() -> None:
    scale = Scale({1: 1000}, default_score=5, others_weight=7)

    assert score(scale, []) == 5
    assert score(scale.for_paragraphs(), []) == 0
    assert scale.for_paragraphs().others_weight == 7


def test_a_guest_weighs_what_the_group_gives_others() -> None:
    assert score(Scale({}, others_weight=500), [], guests("m.example", 1000, -1000, 1000)) == 500_000
    assert score(Scale({}, others_weight=0), [], guests("m.example", 1000)) == 0
    assert score(Scale({}, others_weight=-500), [], guests("m.example", 1000)) == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_one_host_counts_for_at_most_a_hundred_guests(sign: int) -> None:
    wave = guests("spam.example", *[1000 * sign] * 500)
    few = guests("m.example", *[1000 * sign] * 3)

    assert score(Scale({}, others_weight=1000), [], [*wave, *few]) == sign * 103_000_000


def test_a_change_is_the_difference_of_scores() -> None:
    before = score(Scale({1: 1000, 2: 500}), [a_vote(1, 1000), a_vote(2, -500)])
    after = score(Scale({1: -1, 2: 500}), [a_vote(1, 1000), a_vote(2, -500)])

    assert change(before=(1000, 1000), after=(1000, -1)) == after - before == -1_000_000


@pytest.mark.parametrize(("micro", "shown"), [(1, True), (0, False), (-1, False)])
def test_above_zero_is_shown(micro: int, shown: bool) -> None:
    assert is_shown(micro) is shown


def test_a_subject_shows_the_last_logged_reply_that_is_shown() -> None:
    replies = [
        Reply(an_id("old"), 5, 1),
        Reply(an_id("newer"), 1, 7),
        Reply(an_id("hidden"), 0, 8),
        Reply(an_id("not logged"), 9, None),
    ]

    assert chosen_reply(replies) == replies[1]
    assert chosen_reply(replies[2:]) is None
