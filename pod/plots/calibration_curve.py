"""V5: how often what a predictor called so likely did happen: a point for each tenth, with how sure one can be of it.

    calibration_curve(say, name, calibration(bets), key=number)

On the slanting line whatever is said happens as often. A point's bar covers four cases of five; its number says how
many bets it stands for. Points are joined once there are twenty bets in all; below that the conclusion warns.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from markupsafe import Markup

from decisions.calibration import Calibration, CalibrationBin
from pod.plots.plot import Figures, Plot
from pod.plots.svg import dot, line, path, picture, text
from pod.plots.weights import percent
from pod.translations import Translator

LEFT: Final = 44
TOP: Final = 30
SIDE: Final = 280
BOTTOM: Final = TOP + SIDE
SMALLEST: Final = 3
LARGEST: Final = 9


def calibration_curve(say: Translator, name: str, found: Calibration, *, key: str) -> Plot:
    """The curve of one predictor."""
    title, conclusion = say("%(name)s: said and happened", name=name), _conclusion(say, name, found)
    svg = picture("v5", key, BOTTOM + 40, (title, conclusion), _drawn(say, found))
    columns = (say("Said"), say("Bets"), say("On average"), say("Happened"), say("Four of five times within"))
    rows = tuple(_row(say, one) for one in found.bins)
    figures = tuple((one.low, one.high, one.count, one.bets, one.came_true, *_bar(one)) for one in found.bins)
    names = ("from", "to", "count", "sum_of_bets", "came_true", "bar_low", "bar_high")
    return Plot(title, conclusion, svg, columns, rows, Figures(names, figures))


def _bar(one: CalibrationBin) -> tuple[float, float]:
    low, high = one.bar
    return round(low, 4), round(high, 4)


def _row(say: Translator, one: CalibrationBin) -> tuple[str, ...]:
    said = f"{one.low // 10}–{one.high // 10}\u00a0%"
    if one.happened is None:
        return (said, say.number(0), "", "", "")
    low, high = (say.number(round(100 * bound)) for bound in one.bar)
    happened = f"{percent(say, one.happened)} ({say.number(one.came_true)})"
    return (said, say.number(one.count), percent(say, one.said), happened, f"{low}–{high}\u00a0%")


def _conclusion(say: Translator, name: str, found: Calibration) -> str:
    count = len(found.steps)
    if not count:
        return say("Nothing that %(name)s bet on has been resolved yet.", name=name)
    most = max(found.bins, key=lambda one: one.count)
    assert most.happened is not None, "a bin with bets"
    told = say.many(
        "When %(name)s says %(said)s, it happens %(happened)s of the time (%(count)s bet scored).",
        "When %(name)s says %(said)s, it happens %(happened)s of the time (%(count)s bets scored).",
        count,
        name=name,
        said=_whole(say, most.said),
        happened=_whole(say, most.happened),
    )
    if found.has_few_bets:
        return say("%(told)s That is few: the curve may be chance.", told=told)
    return told


def _whole(say: Translator, share: Fraction) -> str:
    return f"{say.number(round(100 * share))}\u00a0%"


def _drawn(say: Translator, found: Calibration) -> Iterator[Markup]:
    for share in (0, 25, 50, 75, 100):
        at = SIDE * share / 100
        yield line((LEFT, BOTTOM - at), (LEFT + SIDE, BOTTOM - at), "grid")
        yield text((LEFT - 6, BOTTOM - at + 4), f"{share} %", "faint end")
        yield text((LEFT + at, BOTTOM + 14), f"{share} %", "faint middle")
    yield line((LEFT, BOTTOM), (LEFT + SIDE, TOP), "ideal")
    yield text((LEFT + SIDE / 2, BOTTOM + 32), say("said"), "middle")
    yield text((0, 12), say("happened"))
    points = [one for one in found.bins if one.count]
    places = [_place(float(one.said), float(one.happened or 0)) for one in points]
    if not found.has_few_bets:
        yield path("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places), "curve")
    for one, (x, y) in zip(points, places, strict=True):
        low, high = (BOTTOM - SIDE * bound for bound in one.bar)
        yield line((x, low), (x, high), "whisker")
        yield line((x - 4, low), (x + 4, low), "whisker") + line((x - 4, high), (x + 4, high), "whisker")
        yield dot((x, y), min(SMALLEST + one.count**0.5, LARGEST), "point")
        yield text((x + 11, y + 4), say.number(one.count), "faint")


def _place(said: float, happened: float) -> tuple[float, float]:
    return LEFT + SIDE * said, BOTTOM - SIDE * happened
