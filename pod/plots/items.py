"""V10: the items of a chain on a line, settled ones filled, void operations marked, rivals on a line of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from pod.plots.plot import Plot
from pod.translations import Translator

WIDTH: Final = 640
HEIGHT: Final = 48
HEIGHT_WITH_RIVALS: Final = 92
LINE: Final = 34
BESIDE: Final = 70
RADIUS: Final = 7


class Dot(msgspec.Struct, frozen=True):
    """An item: `kind` (root, seal or handover) and `state`, both in words."""

    height: int
    kind: str
    state: str
    shape: str
    settled: bool
    rival: bool


def item_line(say: Translator, dots: Sequence[Dot]) -> Plot:
    """The items of a page, the lowest on the left."""
    title = say("The chain's items")
    order = sorted(dots, key=lambda dot: (dot.height, dot.rival))
    conclusion = _conclusion(say, order)
    low, high = (order[0].height, order[-1].height) if order else (0, 0)
    step = (WIDTH - 4 * RADIUS) / max(high - low, 1)
    drawn = Markup("").join(_dot(dot, 2 * RADIUS + (dot.height - low) * step) for dot in order)
    label = Markup('<text x="{}" y="14" class="number">{}</text>')
    labels = Markup("").join(
        label.format(round(2 * RADIUS + (height - low) * step, 1), height) for height in _labelled(low, high)
    )
    tall = HEIGHT_WITH_RIVALS if any(dot.rival for dot in dots) else HEIGHT
    svg = Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="v10-t v10-d" class="items">'
        '<title id="v10-t">{}</title><desc id="v10-d">{}</desc>'
        '<line x1="0" x2="{}" y1="{}" y2="{}" class="way"/>{}{}</svg>'
    ).format(WIDTH, tall, title, conclusion, WIDTH, LINE, LINE, labels, drawn)
    rows = tuple((str(dot.height), dot.kind, dot.state) for dot in order)
    return Plot(title, conclusion, svg, (say("Number"), say("Kind"), say("State")), rows)


def _labelled(low: int, high: int) -> list[int]:
    step = max((high - low) // 8, 1)
    return list(range(low, high + 1, step))


def _conclusion(say: Translator, dots: Sequence[Dot]) -> str:
    rivals = sum(dot.rival for dot in dots)
    settled = sum(dot.settled for dot in dots)
    own = len(dots) - rivals
    told = say("%(settled)s of %(items)s items are settled", settled=settled, items=own)
    return say("%(told)s; %(rivals)s stand beside the branch.", told=told, rivals=rivals) if rivals else f"{told}."


def _dot(dot: Dot, x: float) -> Markup:
    kind = "rival" if dot.rival else "settled" if dot.settled else "open"
    y = BESIDE if dot.rival else LINE
    link = Markup('<line x1="{0}" x2="{1}" y1="{2}" y2="{3}" class="way"/>').format(
        round(x - 2 * RADIUS, 1), round(x, 1), LINE, BESIDE
    )
    before = link if dot.rival else Markup("")
    if dot.shape == "square":
        return before + Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}"/>').format(
            round(x - RADIUS, 1), y - RADIUS, 2 * RADIUS, 2 * RADIUS, kind
        )
    return before + Markup('<circle cx="{}" cy="{}" r="{}" class="{}"/>').format(round(x, 1), y, RADIUS - 1, kind)
