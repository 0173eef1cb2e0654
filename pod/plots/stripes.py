"""V8: which lens shows which paragraph: a stripe for each lens, high where it shows and low where it hides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from pod.plots.plot import Plot
from pod.translations import Translator

WIDTH: Final = 372
LEFT: Final = 92
LANE: Final = 26
HIGH: Final = 18
LOW: Final = 3
WIDEST: Final = 24
NARROWEST_WITH_LETTER: Final = 10
MOST_COLUMNS: Final = 200
LONGEST_NAME: Final = 11
COLOURS: Final = 4


class PlotStripe(msgspec.Struct, frozen=True):
    """A lens: its letter and name, and whether it shows each paragraph."""

    letter: str
    name: str
    shown: tuple[bool, ...]


def lens_stripes(say: Translator, stripes: Sequence[PlotStripe], excerpts: Sequence[str]) -> Plot:
    """A stripe for each lens over the same paragraphs, whose beginnings are `excerpts`; draws the first 200."""
    title = say("Which lens shows which paragraph")
    conclusion = _conclusion(say, stripes)
    count = min(MOST_COLUMNS, len(excerpts))
    drawn = [_lane(stripe, place, count) for place, stripe in enumerate(stripes)]
    svg = Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="v8-t v8-d" class="stripes">'
        '<title id="v8-t">{}</title><desc id="v8-d">{}</desc>{}</svg>'
    ).format(WIDTH, LANE * len(stripes) + 4, title, conclusion, Markup("").join(drawn))
    columns = (say("Paragraph"), *(f"{stripe.letter}: {stripe.name}" for stripe in stripes))
    rows = tuple(
        (
            f"{say.number(place + 1)} {excerpts[place]}",
            *(say("shown") if stripe.shown[place] else say("hidden") for stripe in stripes),
        )
        for place in range(count)
    )
    return Plot(title, conclusion, svg, columns, rows)


def _conclusion(say: Translator, stripes: Sequence[PlotStripe]) -> str:
    first, second = stripes[0].shown, stripes[1].shown
    differ = sum(1 for one, other in zip(first, second, strict=True) if one != other)
    return say(
        "Of %(all)s paragraphs lens A shows %(first)s and lens B %(second)s; they differ in %(differ)s.",
        all=say.number(len(first)),
        first=say.number(sum(first)),
        second=say.number(sum(second)),
        differ=say.number(differ),
    )


def _lane(stripe: PlotStripe, place: int, count: int) -> Markup:
    width = min(WIDEST, (WIDTH - LEFT) // max(1, count)) or 1
    bottom = LANE * place + HIGH + 5
    shown = [at for at in range(count) if stripe.shown[at]]
    hidden = [at for at in range(count) if not stripe.shown[at]]
    name = stripe.name if len(stripe.name) <= LONGEST_NAME else f"{stripe.name[: LONGEST_NAME - 1]}…"
    parts = [
        Markup('<text x="0" y="{}" class="name">{} {}</text>').format(bottom - 4, stripe.letter, name),
        Markup('<path d="{}" class="p{}"/>').format(_path(shown, width, bottom, HIGH), place % COLOURS),
        Markup('<path d="{}" class="low"/>').format(_path(hidden, width, bottom, LOW)),
    ]
    if width >= NARROWEST_WITH_LETTER:
        letter = Markup('<text x="{}" y="{}" class="on">{}</text>')
        parts += [letter.format(LEFT + at * width + width // 2, bottom - 5, stripe.letter) for at in shown]
    return Markup("").join(parts)


def _path(places: Sequence[int], width: int, bottom: int, height: int) -> str:
    """The SVG path of boxes; neighbours become one box."""
    found: list[list[int]] = []
    for at in places:
        if found and found[-1][1] == at:
            found[-1][1] = at + 1
        else:
            found.append([at, at + 1])
    gap = 1 if width > 2 else 0
    return "".join(
        f"M{LEFT + start * width} {bottom}v-{height}h{(end - start) * width - gap}v{height}z" for start, end in found
    )
