"""At home moderators can hide what a post's own group shows, and never show what it hides."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from moderation.home_lens import Judge, shows_paragraph, shows_post
from protocol.visibility import Combine

SCORES = st.integers(-3, 3)
HIDERS = st.builds(Judge, default_score=st.integers(1, 3), votes=SCORES)
JUDGES = st.lists(st.builds(Judge, default_score=SCORES, votes=SCORES), max_size=5)
COMBINED = st.sampled_from(Combine)


@given(own=st.integers(-3, 0), judges=JUDGES, combine=COMBINED)
def test_r4_no_moderator_brings_back_what_the_group_hides(own: int, judges: list[Judge], combine: Combine) -> None:
    assert not shows_post(own, judges, combine)


@given(own=SCORES, judges=JUDGES, hider=HIDERS, combine=COMBINED)
def test_r4_a_further_moderator_that_only_hides_shows_nothing_more(
    own: int, judges: list[Judge], hider: Judge, combine: Combine
) -> None:
    more = [*judges, hider]
    assert shows_post(own, more, combine) == (
        shows_post(own, judges, combine) and hider.default_score + hider.votes > 0
    )
    assert shows_paragraph(more, combine) == (shows_paragraph(judges, combine) and hider.votes >= 0)


@given(judges=JUDGES, combine=COMBINED)
def test_r4_the_order_of_moderators_changes_nothing(judges: list[Judge], combine: Combine) -> None:
    assert shows_post(1, judges, combine) == shows_post(1, judges[::-1], combine)


def test_r4_of_moderators_that_choose_the_reader_asks_for_any_or_all() -> None:
    for first, second in product((0, 1), repeat=2):
        judges = [Judge(0, first), Judge(-1, 2 * second)]
        assert shows_post(1, judges, Combine.ANY) == bool(first or second)
        assert shows_post(1, judges, Combine.ALL) == bool(first and second)
        assert not shows_post(1, [*judges, Judge(1, -1)], Combine.ANY)
