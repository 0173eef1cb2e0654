"""V2: what each option of a poll got: a bar for what decides, and beside it how the ballots spread.

    option_bars(say, poll.kind, [OptionBar(name, result, won=..., bands=...), ...], key=poll)

Works for all kinds of poll. `bands` are the voices of each of ten scores or places (decisions/breakdown.py); without
them bars alone are drawn. With `weighed` voices are thousandths of weight. Bars are direct (full) and delegated
(hatched); the spread shows direct above its line and delegated below. Drawn are at most 20 options; all are in the
table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final

import msgspec
from markupsafe import Markup

from decisions.breakdown import BANDS
from decisions.count import OptionResult
from decisions.mandates import Support
from pod.plots.plot import Figures, Plot
from pod.plots.svg import WIDTH, box, filled, hatching, legend, line, number, path, picture, shortened, text, width_of
from pod.translations import Translator
from protocol.records.content.polls import PollKind

MOST_DRAWN: Final = 20
MOST_KEPT: Final = 128  # pictures, of some ten thousand letters each
ROW: Final = 46
TOP: Final = 24
BAR: Final = 15
SPREAD_LEFT: Final = 254
SPREAD_WIDTH: Final = WIDTH - SPREAD_LEFT
SPREAD_UP: Final = 18
SPREAD_DOWN: Final = 14
_SCORES: Final = tuple((low, low + BANDS - 1 if low < 90 else 100) for low in range(0, 100, BANDS))
_PLACES: Final = (*(f"place_{place}" for place in range(1, BANDS)), f"place_{BANDS}_and_later")


class OptionBar(msgspec.Struct, frozen=True):
    """An option in words and numbers, and whether it won."""

    name: str
    result: OptionResult
    won: bool
    bands: tuple[Support, ...] = ()

    @property
    def total(self) -> int:
        """What it got, direct and delegated."""
        return self.result.support.total


class _Measure(msgspec.Struct, frozen=True):
    """How this poll's numbers are written."""

    say: Translator
    kind: PollKind
    weighed: bool

    def of(self, amount: int) -> str:
        return self.say.weight(amount) if self.weighed else self.say.number(amount)

    def told(self, amount: int) -> str:
        say, count = self.say, 1 if amount == (1000 if self.weighed else 1) else 2
        if self.kind == "score":
            said = say.many("%(amount)s point", "%(amount)s points", count, amount=self.of(amount))
        else:
            said = say.many("%(amount)s voice", "%(amount)s voices", count, amount=self.of(amount))
        return said

    def mean(self, option: OptionBar) -> str:
        return self.say.number(round(float(Fraction(option.result.mean)), 1)) if option.result.mean else ""


def option_bars(
    say: Translator, kind: PollKind, options: Sequence[OptionBar], *, key: str, weighed: bool = False
) -> Plot:
    """The options in the order of what they got; the two sides, and dates, in the order in which they are given."""
    return _plot(_Measure(say, kind, weighed), tuple(options), key)


@lru_cache(MOST_KEPT)
def _plot(measure: _Measure, options: tuple[OptionBar, ...], key: str) -> Plot:
    """The same, drawn once for all who see these words and numbers: it takes a quarter of a result's page."""
    say, kind = measure.say, measure.kind
    order = list(options) if kind in ("for-against", "date") else sorted(options, key=_rank)
    best = sorted(order, key=_rank)[:MOST_DRAWN]
    drawn = [option for option in order if option in best][:MOST_DRAWN]
    title, conclusion = say("What each option got"), _conclusion(measure, order)
    height = TOP + ROW * len(drawn) + (18 if len(drawn) < len(order) else 0)
    svg = picture("v2", key, height, (title, conclusion), _drawn(measure, drawn, len(order), key))
    columns, rows = _table(measure, order)
    return Plot(title, conclusion, svg, columns, rows, _figures(kind, order))


def _rank(option: OptionBar) -> tuple[bool, int, int]:
    return (not option.won, -(option.result.borda or 0), -option.total)


def _conclusion(measure: _Measure, options: Sequence[OptionBar]) -> str:
    say, won = measure.say, [option for option in options if option.won]
    if measure.kind == "for-against" and len(options) == 2:
        yes, no = (measure.of(option.total) for option in options)
        if won:
            return say("Carried: %(yes)s for, %(no)s against.", yes=yes, no=no)
        return say("Not carried: %(yes)s for, %(no)s against.", yes=yes, no=no)
    if not won:
        return say("No option won.")
    first, rest = won[0], len(won) - 1
    got = measure.told(first.total)
    if rest and measure.kind == "ranking":
        return say("%(count)s options tie.", count=say.number(len(won)))
    if rest:
        return say("%(count)s options tie with %(got)s each.", count=say.number(len(won)), got=got)
    if measure.kind == "ranking":
        return say("“%(name)s” won: it was preferred to every other option.", name=first.name)
    alike = sum(option.total == first.total for option in options)
    if alike > 1 and measure.kind != "date":
        count = say.number(alike)
        return say(
            "%(count)s options tie with %(got)s each; “%(name)s” was drawn.", count=count, got=got, name=first.name
        )
    direct, delegated = measure.of(first.result.support.direct), measure.of(first.result.support.delegated)
    return say(
        "“%(name)s” won with %(got)s: %(direct)s direct, %(delegated)s delegated.",
        name=first.name,
        got=got,
        direct=direct,
        delegated=delegated,
    )


def _drawn(measure: _Measure, options: Sequence[OptionBar], all_of_them: int, key: str) -> Iterator[Markup]:
    say = measure.say
    pattern, fill = hatching("v2", key)
    yield pattern
    hatched = filled(box(0, 0, (10, 10), "delegated"), fill)
    signs = [(box(0, 0, (10, 10), "direct"), say("direct")), (hatched, say("delegated"))]
    if any(option.bands and option.result.mean for option in options):
        signs.append((line((5, -1), (5, 11), "mark"), say("mean")))
    yield legend(signs, 11)
    has_spread = any(option.bands for option in options)
    if has_spread:
        ends = ("0", "100") if measure.kind == "score" else ("1", f"{BANDS - 1}+")
        yield text((SPREAD_LEFT, 11), ends[0], "faint") + text((WIDTH, 11), ends[1], "faint end")
        named = say("score") if measure.kind == "score" else say("place")
        yield text(((SPREAD_LEFT + WIDTH) / 2, 11), named, "faint middle")
    right = SPREAD_LEFT - 18 if has_spread else WIDTH
    most = max((option.total for option in options), default=0) or 1
    highest = max((max(one.direct, one.delegated) for option in options for one in option.bands), default=0) or 1
    for place, option in enumerate(options):
        y = TOP + ROW * place
        yield from _row(measure, option, y, (right, right / most), fill)
        if option.bands:
            yield from _spread(option.bands, y + SPREAD_UP + 2, highest, fill)
            yield from _mean(option, y)
    if len(options) < all_of_them:
        more = say.number(all_of_them - len(options))
        yield text((0, TOP + ROW * len(options) + 12), say("and %(more)s more, in the table", more=more), "faint")


def _row(measure: _Measure, option: OptionBar, y: float, bar: tuple[float, float], fill: Markup) -> Iterator[Markup]:
    support, (right, scale) = option.result.support, bar
    got = measure.of(option.total)
    name = f"★ {option.name}" if option.won else option.name
    kind = "strong" if option.won else ""
    yield text((0, y + 13), shortened(name, right - width_of(got, "strong") - 10, kind), kind)
    yield text((right, y + 13), got, "strong end")
    direct, delegated = support.direct * scale, support.delegated * scale
    yield line((0, y + 19), (0, y + 19 + BAR), "axis")
    if support.direct:
        yield box(0, y + 19, (direct, BAR), "direct")
    if support.delegated:
        yield filled(box(direct, y + 19, (delegated, BAR), "delegated"), fill)


def _spread(bands: Sequence[Support], middle: float, highest: int, fill: Markup) -> Iterator[Markup]:
    if any(band.direct for band in bands):
        yield path(_steps([-SPREAD_UP * band.direct / highest for band in bands], middle), "direct")
    if any(band.delegated for band in bands):
        shape = path(_steps([SPREAD_DOWN * band.delegated / highest for band in bands], middle), "delegated")
        yield filled(shape, fill)
    yield line((SPREAD_LEFT, middle), (WIDTH, middle), "axis")


def _steps(heights: Sequence[float], middle: float) -> str:
    """A skyline over a line; a height that isn't 0 is at least seen."""
    width = number(SPREAD_WIDTH / len(heights))
    seen = [height if not height else max(abs(height), 1) * (1 if height > 0 else -1) for height in heights]
    steps = "".join(f"V{number(middle + height)}h{width}" for height in seen)
    return f"M{SPREAD_LEFT} {number(middle)}{steps}V{number(middle)}z"


def _mean(option: OptionBar, y: float) -> Iterator[Markup]:
    if option.result.mean:
        x = SPREAD_LEFT + SPREAD_WIDTH * float(Fraction(option.result.mean)) / 100
        yield line((x, y + 2), (x, y + SPREAD_UP + SPREAD_DOWN + 2), "mark")


def _table(measure: _Measure, options: Sequence[OptionBar]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    say = measure.say
    columns = [say("Option"), say("Total"), say("Direct"), say("Delegated")]
    has_means, has_points = (
        any(option.result.opinions for option in options),
        any(option.result.borda is not None for option in options),
    )
    has_spread = any(option.bands for option in options)
    columns += [say("Mean"), say("Had an opinion")] if has_means else []
    columns += [say("Borda points")] if has_points else []
    columns += _band_names(measure) if has_spread else []
    rows = []
    for option in options:
        support, opinions = option.result.support, option.result.opinions
        row = [option.name, *map(measure.of, (support.total, support.direct, support.delegated))]
        row += [measure.mean(option), measure.of(opinions.total) if opinions else ""] if has_means else []
        row += [measure.of(option.result.borda or 0)] if has_points else []
        bands = option.bands or (Support(0, 0),) * BANDS
        row += [f"{measure.of(band.direct)} + {measure.of(band.delegated)}" for band in bands] if has_spread else []
        rows.append((f"★ {row[0]}" if option.won else row[0], *row[1:]))
    return tuple(columns), tuple(rows)


def _band_names(measure: _Measure) -> list[str]:
    say = measure.say
    if measure.kind == "score":
        bounds = [f"{low}–{high}" for low, high in _SCORES]
        return [say("%(scores)s (direct + delegated)", scores=bound) for bound in bounds]
    places = [*map(str, range(1, BANDS)), f"{BANDS}+"]
    return [say("place %(place)s (direct + delegated)", place=place) for place in places]


def _figures(kind: PollKind, options: Sequence[OptionBar]) -> Figures:
    names = ["option", "name", "won", "direct", "delegated", "total", "mean", "opinions", "borda"]
    has_spread = any(option.bands for option in options)
    if has_spread:
        bands = [f"scores_{low}_{high}" for low, high in _SCORES] if kind == "score" else _PLACES
        names += [f"{band}_{way}" for band in bands for way in ("direct", "delegated")]
    rows = []
    for option in options:
        result = option.result
        amounts = (result.support.direct, result.support.delegated, result.support.total)
        opinions = result.opinions.total if result.opinions else None
        row = [result.id, option.name, int(option.won), *amounts, result.mean, opinions, result.borda]
        bands_of = option.bands or (Support(0, 0),) * BANDS
        row += [amount for band in bands_of for amount in (band.direct, band.delegated)] if has_spread else []
        rows.append(tuple(row))
    return Figures(tuple(names), tuple(rows))
