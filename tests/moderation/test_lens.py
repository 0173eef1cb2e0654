"""Three layers, told apart: the lens, one's own hides, the pod's floor."""

import pytest

from moderation.lens import Comparison, GroupVerdict, Hide, Layer, Lens, OwnHide, Showing, compare, judge
from protocol.visibility import Combine
from tests.support.writing import an_id

G, H, FLOOR = an_id("g"), an_id("h"), an_id("floor")


@pytest.mark.parametrize(
    ("combine", "g", "h", "shown"),
    [
        (Combine.ANY, 1, -1, True),
        (Combine.ANY, 0, 0, False),
        (Combine.ALL, 1, -1, False),
        (Combine.ALL, 1, 2, True),
    ],
)
def test_md_09_groups_are_joined_by_any_or_all(combine: Combine, g: int, h: int, shown: bool) -> None:
    verdict = judge(Lens((G, H), combine), {G: g, H: h})

    assert verdict.shown is shown
    assert verdict.layer is (None if shown else Layer.LENS)


@pytest.mark.parametrize("combine", list(Combine))
def test_a_lens_that_is_off_hides_nothing(combine: Combine) -> None:
    assert judge(Lens((), combine), {}).shown


@pytest.mark.parametrize(
    ("showing", "shown"),
    [(Showing.SHOWN, [True, False, False]), (Showing.UNDECIDED, [True, True, False]), (Showing.EVERYTHING, [True] * 3)],
)
def test_a_reader_may_look_at_more_than_the_lens_shows(showing: Showing, shown: list[bool]) -> None:
    lens = Lens((G,), showing=showing)

    assert [judge(lens, {G: score}).shown for score in (1, 0, -1)] == shown


def test_md_04_everything_that_hides_is_named_the_pod_first() -> None:
    verdict = judge(Lens((G,)), {G: -5}, own=[OwnHide.MUTED_WRITER], floor={FLOOR: 0, H: 3})

    assert verdict.hides == (
        Hide(Layer.POD, groups=(GroupVerdict(FLOOR, 0, shown=False),)),
        Hide(Layer.OWN, own=OwnHide.MUTED_WRITER),
        Hide(Layer.LENS, groups=(GroupVerdict(G, -5, shown=False),)),
    )
    assert verdict.layer is Layer.POD


def test_showing_everything_loosens_neither_ones_own_hides_nor_the_pods_floor() -> None:
    lens = Lens((G,), showing=Showing.EVERYTHING)

    assert judge(lens, {G: -5}, own=[OwnHide.BLOCKED_HOST]).layer is Layer.OWN
    assert judge(lens, {G: 5}, floor={FLOOR: -1}).layer is Layer.POD


def test_md_05_two_lenses_are_compared_and_everything_is_somewhere_once() -> None:
    a, b, c, d = (an_id(name) for name in "abcd")
    first = {a: True, b: True, c: False, d: False}
    second = {a: True, b: False, c: True, d: False}

    assert compare([a, b, c, d, a], first, second) == Comparison(
        only_first=(b,), only_second=(c,), both=(a,), neither=(d,)
    )
