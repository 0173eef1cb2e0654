"""V3: what you, your delegate and the group say on each option, 0 to 100: three shapes on one line, joined.

    standpoints(say, [Standpoint(option, own=70, delegate=50, group=Fraction(160, 3)), ...], delegate=name, key=poll)

None is "no opinion", or what isn't to be seen yet: the group's mean before the end. Who isn't on any line isn't in the
legend, and without a name there is no delegate. Drawn are the first 20 options; all are in the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    def scores(self) -> tuple[int | Fraction | None, ...]:
        """The three, in the order of the columns."""
        return (self.own, self.delegate, self.group)


Pair = tuple[int, int]  # whose scores are compared: 0 the voter, 1 the delegate, 2 the group


def standpoints(say: Translator, points: Sequence[Standpoint], *, delegate: str, key: str) -> Plot:
    """The options in the order in which they are given; `delegate` is a name, or empty."""
    there = [any(point.scores[who] is not None for point in points) for who in range(3)]
    title, conclusion = _title(say, delegate, group=there[2]), _conclusion(say, points, delegate, there)
    drawn = points[:MOST_DRAWN]
    height = TOP + ROW * len(drawn) + 14 + (16 if len(drawn) < len(points) else 0)
    svg = picture("v3", key, height, (title, conclusion), _drawn(say, drawn, len(points), delegate))
    named = (say("You"), delegate, say("The group"))
    told = [who for who in range(3) if there[who]]  # a column of who isn't to be seen would say that they said nothing
    columns = (say("Option"), *(named[who] for who in told))
    no_opinion = say("no opinion")
    rows = tuple(
        (
            point.option,
            *(
                no_opinion if score is None else say.number(_rounded(score))
                for score in (point.scores[who] for who in told)
            ),
        )
        for point in points
    )
    figures = tuple(
        (point.option, point.own, point.delegate, None if point.group is None else str(point.group)) for point in points
    )
    return Plot(title, conclusion, svg, columns, rows, Figures(("option", "you", "delegate", "group"), figures))


def _title(say: Translator, delegate: str, *, group: bool) -> str:
    if not delegate:
        return say("You and the group")
    if not group:
        return say("You and %(delegate)s", delegate=delegate)
    return say("You, %(delegate)s and the group", delegate=delegate)


def _rounded(score: int | Fraction) -> float:
    found = round(float(score), 1)
    return int(found) if found == int(found) else found


def _conclusion(say: Translator, points: Sequence[Standpoint], delegate: str, there: Sequence[bool]) -> str:
    own, theirs, group = there
    if own and (theirs or (delegate and not group)):
        return _compared(say, points, (0, 1), delegate)
    if own and group:
        return _compared(say, points, (0, 2), delegate)
    if theirs and group:
        return _compared(say, points, (1, 2), delegate)
    if theirs:
        most = max(points, key=lambda point: -1 if point.delegate is None else point.delegate)
        return say(
            "%(delegate)s gave most to “%(option)s”: %(score)s of 100.",
            delegate=delegate,
            option=most.option,
            score=say.number(most.delegate or 0),
        )
    return say("There is nothing to compare.")


def _compared(say: Translator, points: Sequence[Standpoint], pair: Pair, delegate: str) -> str:
    apart = [(found, point.option) for point in points if (found := _between(point, pair)) is not None]
    facts = {"delegate": delegate}
    if not apart:
        return {
            (0, 1): say("There is no option to which both you and %(delegate)s gave a score.", **facts),
            (0, 2): say("There is no option to which both you and the group gave a score."),
            (1, 2): say("There is no option to which both %(delegate)s and the group gave a score.", **facts),
        }[pair]
    most, option = max(apart, key=lambda one: one[0])
    if most == 0:
        return {
            (0, 1): say("You and %(delegate)s gave the same scores.", **facts),
            (0, 2): say("You gave what the group gave on average."),
            (1, 2): say("%(delegate)s gave what the group gave on average.", **facts),
        }[pair]
    mean = sum((found for found, _ in apart), Fraction()) / len(apart)
    facts |= {"mean": say.number(_rounded(mean)), "apart": say.number(_rounded(most)), "option": option}
    return _apart(say, pair, facts)


def _between(point: Standpoint, pair: Pair) -> Fraction | None:
    """How far two are from each other; None where one of them said nothing."""
    one, other = (point.scores[who] for who in pair)
    return None if one is None or other is None else abs(Fraction(one) - Fraction(other))


def _apart(say: Translator, pair: Pair, facts: Mapping[str, str]) -> str:
    if pair == (0, 1):
        return say(
            "On average you and %(delegate)s are %(mean)s points apart; most, %(apart)s, on “%(option)s”.", **facts
        )
    if pair == (0, 2):
        return say("On average you and the group are %(mean)s points apart; most, %(apart)s, on “%(option)s”.", **facts)
    return say(
        "On average %(delegate)s and the group are %(mean)s points apart; most, %(apart)s, on “%(option)s”.", **facts
    )


def _drawn(say: Translator, points: Sequence[Standpoint], all_of_them: int, delegate: str) -> Iterator[Markup]:
    names = (say("You"), shortened(delegate, LONGEST_NAME), say("The group"))
    seen = [any(point.scores[who] is not None for point in points) for who in range(3)]
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
    given = [(who, score) for who, score in enumerate(point.scores) if score is not None]
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
