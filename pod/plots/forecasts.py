"""V4: what predictors think will happen: each statement's bets as a band, and one statement's over time as a fan.

    forecast_strips(say, [Forecast(statement, bets, combined=0.62), ...], key=poll)
    forecast_fan(say, statement, [(at, bets), ...], key=statement_id)

Bets are thousandths, opened ones only, in any order. The thin band holds nine of ten bets, the thick one the middle
half, the upright line is the median; a diamond is what all bets together say. Between two bets a bound lies where it
would on a straight line. Drawn are the first 20 statements, and of a fan the last 40 points; all are in the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

import msgspec
from markupsafe import Markup

from decisions.bets import MAX_BET
from pod.plots.plot import Figures, Plot
from pod.plots.svg import WIDTH, box, diamond, dot, legend, line, path, picture, polygon, shortened, text
from pod.translations import Translator

MOST_DRAWN: Final = 20
MOST_POINTS: Final = 40
ROW: Final = 42
TOP: Final = 24
STRIP: Final = 220
BOUNDS: Final = (5, 25, 50, 75, 95)  # per cent of the bets that lie below
NUMBERS: Final = ("bets", *(f"p{bound}" for bound in BOUNDS))
FAN_LEFT: Final = 40
FAN_WIDTH: Final = WIDTH - FAN_LEFT - 8
FAN_HEIGHT: Final = 170


class Forecast(msgspec.Struct, frozen=True):
    """A statement, its bets, and the combined bet as a share; None if there is none."""

    statement: str
    bets: tuple[int, ...]
    combined: float | None = None


Spread = tuple[Fraction, ...]


def spread_of(bets: Sequence[int]) -> Spread | None:
    """Below which share each bound lies, as shares; None without bets."""
    if not bets:
        return None
    order = sorted(bets)
    found = []
    for bound in BOUNDS:
        place = Fraction(bound * (len(order) - 1), 100)
        low = int(place)
        high = min(low + 1, len(order) - 1)
        found.append((order[low] + (order[high] - order[low]) * (place - low)) / MAX_BET)
    return tuple(found)


def forecast_strips(say: Translator, forecasts: Sequence[Forecast], *, key: str) -> Plot:
    """The statements in the order in which they are given."""
    title, conclusion = say("What predictors think will happen"), _strips_conclusion(say, forecasts)
    drawn = forecasts[:MOST_DRAWN]
    height = TOP + ROW * len(drawn) + 14 + (16 if len(drawn) < len(forecasts) else 0)
    svg = picture("v4", key, height, (title, conclusion), _strips(say, drawn, len(forecasts)))
    columns = (say("Statement"), *_columns(say), say("All together"))
    rows = tuple(
        (
            one.statement,
            *_cells(say, one.bets),
            "" if one.combined is None else _percent(say, one.combined),
        )
        for one in forecasts
    )
    figures = tuple((one.statement, *_numbers(one.bets), one.combined) for one in forecasts)
    return Plot(title, conclusion, svg, columns, rows, Figures(("statement", *NUMBERS, "combined"), figures))


def forecast_fan(say: Translator, statement: str, points: Iterable[tuple[int, tuple[int, ...]]], *, key: str) -> Plot:
    """The bets that stood at each time (ms)."""
    order = sorted(points)
    title = say("How the forecast changed: %(statement)s", statement=statement)
    conclusion = _fan_conclusion(say, order)
    svg = picture("fan", key, FAN_HEIGHT + 34, (title, conclusion), _fan(say, order[-MOST_POINTS:]))
    columns = (say("Time"), *_columns(say))
    rows = tuple((say.moment(at), *_cells(say, bets)) for at, bets in order)
    figures = tuple((say.stamp(at), *_numbers(bets)) for at, bets in order)
    return Plot(title, conclusion, svg, columns, rows, Figures(("time", *NUMBERS), figures))


def _numbers(bets: Sequence[int]) -> tuple[int | str | None, ...]:
    spread = spread_of(bets)
    return (len(bets), *(map(str, spread) if spread else [None] * len(BOUNDS)))


def _columns(say: Translator) -> tuple[str, ...]:
    return (say("Bets"), say("Median"), say("Half lie in"), say("Nine of ten lie in"))


def _cells(say: Translator, bets: Sequence[int]) -> tuple[str, ...]:
    spread = spread_of(bets)
    if spread is None:
        return (say.number(0), "", "", "")
    least, low, median, high, most = (_percent(say, share) for share in spread)
    return (say.number(len(bets)), median, f"{low} – {high}", f"{least} – {most}")


def _percent(say: Translator, share: Fraction | float) -> str:
    return f"{say.number(round(float(share) * 100, 1))}\u00a0%"


def _strips_conclusion(say: Translator, forecasts: Sequence[Forecast]) -> str:
    medians = [(spread[2], one.statement) for one in forecasts if (spread := spread_of(one.bets))]
    if not medians:
        return say("Nobody bet.")
    likely, unlikely = max(medians, key=lambda pair: pair[0]), min(medians, key=lambda pair: pair[0])
    if len(medians) == 1:
        return say("%(likely)s: %(share)s.", likely=likely[1], share=_percent(say, likely[0]))
    return say(
        "Most likely: %(likely)s (%(share)s). Least likely: %(unlikely)s (%(less)s).",
        likely=likely[1],
        share=_percent(say, likely[0]),
        unlikely=unlikely[1],
        less=_percent(say, unlikely[0]),
    )


def _fan_conclusion(say: Translator, points: Sequence[tuple[int, tuple[int, ...]]]) -> str:
    medians = [spread[2] for _, bets in points if (spread := spread_of(bets))]
    if not medians:
        return say("Nobody bet.")
    first, last = _percent(say, medians[0]), _percent(say, medians[-1])
    if len(medians) == 1:
        return say("The median is %(last)s.", last=last)
    if medians[-1] > medians[0]:
        return say("The median rose from %(first)s to %(last)s.", first=first, last=last)
    if medians[-1] < medians[0]:
        return say("The median fell from %(first)s to %(last)s.", first=first, last=last)
    return say("The median is %(last)s, as at first.", last=last)


def _strips(say: Translator, forecasts: Sequence[Forecast], all_of_them: int) -> Iterator[Markup]:
    signs = [
        (box(0, 1, (10, 8), "half-band"), say("half of the bets")),
        (box(0, 3, (10, 4), "most-band"), say("9 of 10")),
        (line((5, -1), (5, 11), "mark"), say("median")),
    ]
    if any(one.combined is not None for one in forecasts):
        signs.append((diamond((5, 5), 6, "theirs"), say("all together")))
    yield legend(signs, 11)
    for place, one in enumerate(forecasts):
        yield from _strip(say, one, TOP + ROW * place)
    bottom = TOP + ROW * len(forecasts)
    for share, kind in ((0, "faint"), (50, "faint middle"), (100, "faint end")):
        yield text((STRIP * share / 100, bottom + 8), f"{share} %", kind)
    if len(forecasts) < all_of_them:
        more = say.number(all_of_them - len(forecasts))
        yield text((0, bottom + 24), say("and %(more)s more, in the table", more=more), "faint")


def _strip(say: Translator, one: Forecast, y: float) -> Iterator[Markup]:
    yield text((0, y + 12), shortened(one.statement, WIDTH))
    middle = y + 26
    yield line((0, middle), (STRIP, middle), "grid")
    spread = spread_of(one.bets)
    if spread is None:
        yield text((WIDTH, middle + 4), say("no bets"), "faint end")
        return
    least, low, median, high, most = (float(share) * STRIP for share in spread)
    yield box(least, middle - 3, (max(most - least, 1), 6), "most-band")
    yield box(low, middle - 8, (max(high - low, 1), 16), "half-band")
    yield line((median, middle - 10), (median, middle + 10), "halo") + line(
        (median, middle - 10), (median, middle + 10), "mark"
    )
    if one.combined is not None:
        yield diamond((one.combined * STRIP, middle), 6, "theirs")
    yield text((STRIP + 8, middle + 4), _percent(say, spread[2]), "strong")
    count = say.many("%(count)s bet", "%(count)s bets", len(one.bets))
    yield text((WIDTH, middle + 4), count, "faint end")


def _fan(say: Translator, points: Sequence[tuple[int, tuple[int, ...]]]) -> Iterator[Markup]:
    bottom = 8 + FAN_HEIGHT
    for share in (0, 25, 50, 75, 100):
        y = bottom - FAN_HEIGHT * share / 100
        yield line((FAN_LEFT, y), (WIDTH - 8, y), "grid") + text((FAN_LEFT - 6, y + 4), f"{share} %", "faint end")
    seen = [(at, spread, len(bets)) for at, bets in points if (spread := spread_of(bets))]
    if not seen:
        return
    start, length = seen[0][0], max(seen[-1][0] - seen[0][0], 1)
    across = [FAN_LEFT + FAN_WIDTH * (at - start) / length if len(seen) > 1 else WIDTH / 2 for at, _, _ in seen]
    curves = [
        [(x, bottom - FAN_HEIGHT * float(one[1][place])) for x, one in zip(across, seen, strict=True)]
        for place in range(5)
    ]
    if len(seen) > 1:
        yield polygon([*curves[0], *reversed(curves[4])], "most-band")
        yield polygon([*curves[1], *reversed(curves[3])], "half-band")
        yield path("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in curves[2]), "curve")
    else:
        yield from _whisker(curves)
    for x, y in curves[2]:
        yield dot((x, y), 3, "point")
    yield text((FAN_LEFT, bottom + 14), f"{say.day(seen[0][0])} (n {say.number(seen[0][2])})", "faint")
    if len(seen) > 1:
        yield text((WIDTH, bottom + 14), f"{say.day(seen[-1][0])} (n {say.number(seen[-1][2])})", "faint end")


def _whisker(curves: Sequence[Sequence[tuple[float, float]]]) -> Iterator[Markup]:
    """One time alone: its bands upright."""
    (x, least), (_, low), _, (_, high), (_, most) = (curve[0] for curve in curves)
    yield box(x - 3, most, (6, max(least - most, 1)), "most-band")
    yield box(x - 8, high, (16, max(low - high, 1)), "half-band")
