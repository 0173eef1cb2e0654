"""V5, over time: the Brier score of each bet that came out as a dot, and the mean so far as a line; 0 is best.

    brier_curve(say, name, calibration(bets), key=number)

Drawn are the last hundred bets; the table has them, too, and the figures all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from markupsafe import Markup

from decisions.calibration import BrierStep, Calibration
from pod.plots.plot import Figures, Plot
from pod.plots.svg import WIDTH, dot, line, path, picture, text
from pod.translations import Translator

MOST_DRAWN: Final = 100
LEFT: Final = 40
HEIGHT: Final = 150
TOP: Final = 8
BOTTOM: Final = TOP + HEIGHT
DECIMALS: Final = 4
COIN: Final = Fraction(1, 4)  # what always saying 50 % scores


def brier_curve(say: Translator, name: str, found: Calibration, *, key: str) -> Plot:
    """The scores of one predictor over time."""
    title, conclusion = say("%(name)s: Brier score over time", name=name), _conclusion(say, name, found.steps)
    steps = found.steps[-MOST_DRAWN:]
    svg = picture("brier", key, BOTTOM + 34, (title, conclusion), _drawn(say, steps))
    columns = (say("Bets that came out"), say("Own"), say("Mean so far"))
    rows = tuple((say.number(one.count), _points(say, one.own), _points(say, one.mean)) for one in steps)
    figures = tuple((one.count, one.statement, _decimal(one.own), _decimal(one.mean)) for one in found.steps)
    return Plot(title, conclusion, svg, columns, rows, Figures(("count", "statement", "own", "mean"), figures))


def _conclusion(say: Translator, name: str, steps: Sequence[BrierStep]) -> str:
    if not steps:
        return say("Nothing that %(name)s bet on has been resolved yet.", name=name)
    mean = steps[-1].mean
    count, told = len(steps), _points(say, mean)
    if mean < COIN:
        return say.many(
            "After %(count)s bet the mean is %(mean)s: better than always saying 50 %% (0.25).",
            "After %(count)s bets the mean is %(mean)s: better than always saying 50 %% (0.25).",
            count,
            mean=told,
        )
    if mean > COIN:
        return say.many(
            "After %(count)s bet the mean is %(mean)s: worse than always saying 50 %% (0.25).",
            "After %(count)s bets the mean is %(mean)s: worse than always saying 50 %% (0.25).",
            count,
            mean=told,
        )
    return say.many(
        "After %(count)s bet the mean is %(mean)s, as if always saying 50 %%.",
        "After %(count)s bets the mean is %(mean)s, as if always saying 50 %%.",
        count,
        mean=told,
    )


def _points(say: Translator, value: Fraction) -> str:
    return say.quantity(round(value * 10**DECIMALS), DECIMALS)


def _decimal(value: Fraction) -> float:
    return round(float(value), 6)


def _drawn(say: Translator, steps: Sequence[BrierStep]) -> Iterator[Markup]:
    for share in (0, 25, 50, 75, 100):
        y = _y(Fraction(share, 100))
        yield line((LEFT, y), (WIDTH - 8, y), "ideal" if share == 25 else "grid")
        yield text((LEFT - 6, y + 4), say.quantity(share, 2), "faint end")
    if not steps:
        return
    wide = WIDTH - 16 - LEFT
    places = [LEFT + 4 + wide * place / max(len(steps) - 1, 1) for place in range(len(steps))]
    if len(steps) > 1:
        points = (f"{x:.1f} {_y(one.mean):.1f}" for x, one in zip(places, steps, strict=True))
        yield path("M" + "L".join(points), "curve")
    for x, one in zip(places, steps, strict=True):
        yield dot((x, _y(one.own)), 2.5, "point")
    yield text((LEFT, BOTTOM + 14), say("bet no. %(count)s", count=say.number(steps[0].count)), "faint")
    if len(steps) > 1:
        yield text((WIDTH, BOTTOM + 14), say("bet no. %(count)s", count=say.number(steps[-1].count)), "faint end")
    yield text((LEFT, BOTTOM + 30), say("dots: each bet · line: mean so far"), "faint")


def _y(score: Fraction) -> float:
    return BOTTOM - HEIGHT * float(score)
