"""V3: what you, your delegate and the group say on each option, 0 to 100: three shapes on one line, joined.

    standpoints(say, [Standpoint(option, own=70, delegate=50, group=Fraction(160, 3)), ...], delegate=name, key=poll)

None is "no opinion", or what isn't to be seen yet: the group's mean before the end. Who isn't on any line isn't in the
legend. Drawn are the first 20 options; all are in the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

import msgspec
from markupsafe import Markup

from pod.plots.plot import Figures, Plot
from pod.plots.svg import WIDTH, box, diamond, dot, legend, line, picture, shortened, text
from pod.translations import Translator

MOST_DRAWN: Final = 20
ROW: Final = 40
TOP: Final = 24
LEFT: Final = 8
LONG: Final = WIDTH - 2 * LEFT
LONGEST_NAME: Final = 96


class Standpoint(msgspec.Struct, frozen=True):
    """Three scores on one option, each 0 to 100."""

    option: str
    own: int | None
    delegate: int | None
    group: Fraction | None = None

    @property
    def apart(self) -> int | None:
        """How far voter and delegate are from each other."""
        return None if self.own is None or self.delegate is None else abs(self.own - self.delegate)


def standpoints(say: Translator, points: Sequence[Standpoint], *, delegate: str, key: str) -> Plot:
    """The options in the order in which they are given; `delegate` is a name."""
    title = say("You, %(delegate)s and the group", delegate=delegate)
    conclusion = _conclusion(say, points, delegate)
    drawn = points[:MOST_DRAWN]
    height = TOP + ROW * len(drawn) + 14 + (16 if len(drawn) < len(points) else 0)
    svg = picture("v3", key, height, (title, conclusion), _drawn(say, drawn, len(points), delegate))
    columns = (say("Option"), say("You"), delegate, say("The group"))
    no_opinion = say("no opinion")
    rows = tuple(
        (point.option, *(no_opinion if score is None else say.number(_rounded(score)) for score in _scores(point)))
        for point in points
    )
    figures = tuple(
        (point.option, point.own, point.delegate, None if point.group is None else str(point.group)) for point in points
    )
    return Plot(title, conclusion, svg, columns, rows, Figures(("option", "you", "delegate", "group"), figures))


def _scores(point: Standpoint) -> tuple[int | Fraction | None, ...]:
    return (point.own, point.delegate, point.group)


def _rounded(score: int | Fraction) -> float:
    return score if isinstance(score, int) else round(float(score), 1)


def _conclusion(say: Translator, points: Sequence[Standpoint], delegate: str) -> str:
    both = [(point.apart, point.option) for point in points if point.apart is not None]
    if not both:
        return say("There is no option to which both you and %(delegate)s gave a score.", delegate=delegate)
    mean = say.number(round(sum(apart for apart, _ in both) / len(both), 1))
    furthest = max(both, key=lambda pair: pair[0])
    if furthest[0] == 0:
        return say("You and %(delegate)s gave the same scores.", delegate=delegate)
    return say(
        "On average you and %(delegate)s are %(mean)s points apart; most, %(apart)s, on “%(option)s”.",
        delegate=delegate,
        mean=mean,
        option=furthest[1],
        apart=say.number(furthest[0]),
    )


def _drawn(say: Translator, points: Sequence[Standpoint], all_of_them: int, delegate: str) -> Iterator[Markup]:
    names = (say("You"), shortened(delegate, LONGEST_NAME), say("The group"))
    seen = [any(_scores(point)[who] is not None for point in points) for who in range(3)]
    yield legend([(_sign(who, (5, 5)), names[who]) for who in range(3) if seen[who]], 11)
    for place, point in enumerate(points):
        yield from _row(say, point, TOP + ROW * place)
    bottom = TOP + ROW * len(points)
    for score in (0, 50, 100):
        kind = "faint" if score == 0 else "faint middle" if score == 50 else "faint end"
        yield text((0 if not score else WIDTH if score == 100 else _x(score), bottom + 10), str(score), kind)
    if len(points) < all_of_them:
        more = say.number(all_of_them - len(points))
        yield text((0, bottom + 26), say("and %(more)s more, in the table", more=more), "faint")


def _row(say: Translator, point: Standpoint, y: float) -> Iterator[Markup]:
    given = [(who, score) for who, score in enumerate(_scores(point)) if score is not None]
    note = "" if given else say("no opinion")
    yield text((0, y + 12), shortened(point.option, WIDTH - 8 * len(note)))
    yield text((WIDTH, y + 12), note, "faint end")
    middle = y + 26
    yield line((LEFT, middle), (LEFT + LONG, middle), "grid")
    if given:
        ends = [_x(score) for _, score in given]
        yield line((min(ends), middle), (max(ends), middle), "joint")
    for who, score in reversed(given):  # one's own lies on top
        yield _sign(who, (_x(score), middle))


def _x(score: int | Fraction) -> float:
    return LEFT + LONG * float(score) / 100


def _sign(who: int, at: tuple[float, float]) -> Markup:
    """A circle is the voter, a diamond the delegate, an upright bar the group."""
    if who == 0:
        return dot(at, 5.5, "own")
    if who == 1:
        return diamond(at, 7, "theirs")
    return box(at[0] - 2, at[1] - 8, (4, 16), "group")
