"""What pages draw once is the same for the same values, never for others, and takes no more room than it may."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup

from pod.web.kit.fragments import Fragments


class Drawer:
    """Draws what it is told to, and knows what it drew."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def __call__(self, what: str) -> Markup:
        self.drawn.append(what)
        return Markup("{}").format(what)


def test_w8_a_part_is_drawn_once_for_the_same_values_and_anew_for_others() -> None:
    fragments, draw = Fragments(), Drawer()
    told = [fragments.get(("part", what), 1, partial(draw, what)) for what in ("one", "other", "one")]
    assert told == ["one", "other", "one"]
    assert draw.drawn == ["one", "other"]


def test_w8_parts_take_no_more_room_than_they_may_and_a_large_one_is_not_held() -> None:
    most = 64 * 16
    fragments, draw = Fragments(most), Drawer()
    for _ in range(2):
        fragments.get("large", most, lambda: draw("large"))
    assert len(draw.drawn) == 2
    for number in range(most):
        fragments.get(number, 30, lambda: draw("0123456789"))
        assert fragments.held <= most
