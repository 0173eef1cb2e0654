"""V11: who has how much weight in a group: one strip, each member a piece as wide as its share of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import msgspec
from markupsafe import Markup

from moderation.clusters import first_cluster
from pod.plots.plot import Plot
from pod.translations import Translator

WIDTH: Final = 640
HEIGHT: Final = 64
TOP: Final = 8
BAR: Final = 32
NARROWEST: Final = 26  # a piece narrower than this has no letter
PATTERNS: Final = 4


class WeightPiece(msgspec.Struct, frozen=True):
    """A member's weight and power to decide; `name` is the display name."""

    name: str
    weight: int
    share: Fraction
    power: Fraction


def percent(say: Translator, part: Fraction) -> str:
    """A share in per cent, to one decimal."""
    return f"{say.number(round(float(part) * 100, 1))}\u00a0%"


def weight_strip(say: Translator, pieces: Sequence[WeightPiece], others: Fraction) -> Plot:
    """The strip of the heaviest members, and one piece for all others together."""
    title = say("Who has how much weight")
    conclusion = _conclusion(say, pieces)
    drawn = [_piece(piece, place, pieces) for place, piece in enumerate(pieces)]
    if others:
        start = sum((piece.share for piece in pieces), Fraction())
        drawn.append(_box(float(start) * WIDTH, float(others) * WIDTH, "rest", "…"))
    svg = Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="v11-t v11-d" class="strip">'
        '<title id="v11-t">{}</title><desc id="v11-d">{}</desc>{}'
        '<line x1="{}" x2="{}" y1="2" y2="{}" class="half"/></svg>'
    ).format(WIDTH, HEIGHT, title, conclusion, Markup("").join(drawn), WIDTH / 2, WIDTH / 2, HEIGHT - 18)
    rows = [
        (piece.name, say.weight(piece.weight), percent(say, piece.share), percent(say, piece.power)) for piece in pieces
    ]
    rows += [(say("all others together"), "", percent(say, others), "")] if others else []
    columns = (say("Member"), say("Weight"), say("Share of weight"), say("Power"))
    return Plot(title, conclusion, svg, columns, tuple(rows))


def _conclusion(say: Translator, pieces: Sequence[WeightPiece]) -> str:
    if not pieces:
        return say("Nobody has weight.")
    first = pieces[0]
    if first.share > Fraction(1, 2):
        return say("%(name)s has more than half of all weight and decides alone.", name=first.name)
    needed, so_far = 0, Fraction()
    for piece in pieces:
        needed, so_far = needed + 1, so_far + piece.share
        if so_far > Fraction(1, 2):
            break
    return say(
        "No member decides alone; the %(count)s heaviest together have more than half.", count=say.number(needed)
    )


def _piece(piece: WeightPiece, place: int, pieces: Sequence[WeightPiece]) -> Markup:
    start = sum((before.share for before in pieces[:place]), Fraction())
    letter = first_cluster(piece.name.strip()).upper() or "?"
    return _box(float(start) * WIDTH, float(piece.share) * WIDTH, f"p{place % PATTERNS}", letter)


def _box(x: float, width: float, kind: str, letter: str) -> Markup:
    box = Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}"/>').format(
        round(x, 1), TOP, round(max(width, 0.5), 1), BAR, kind
    )
    if width < NARROWEST:
        return box
    return box + Markup('<text x="{}" y="{}" class="on">{}</text>').format(round(x + width / 2, 1), TOP + 22, letter)
