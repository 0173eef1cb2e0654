"""What pictures are made of: a frame that says what it shows, boxes, lines, paths, hatching, and words that fit.

A page may hold one picture twice (a card for each poll), so ids carry a `key`. Measures are units of a picture that is
360 wide: it fills a phone, and pages let it grow by a third.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from unicodedata import east_asian_width

from markupsafe import Markup

WIDTH: Final = 360
LETTER: Final = 6.9  # what a letter takes at most, on the average, in the font size of pictures, in wide fonts
BOLD: Final = 7.9
MARGIN: Final = 8
SCALE: Final = 4 / 3  # as much larger than on a phone as pages let it grow
_BOX: Final = re.compile(r'^<svg viewBox="0 0 ([\d.]+) ([\d.]+)"')


def picture(name: str, key: str, height: float, words: tuple[str, str], parts: Iterable[Markup]) -> Markup:
    """The whole picture; `words` are its title and its conclusion."""
    mark = f"{name}-{key}" if key else name
    title, conclusion = words
    return Markup(
        '<svg viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d" class="chart %s">'
        '<title id="%s-t">%s</title><desc id="%s-d">%s</desc>%s</svg>'
    ) % (WIDTH, number(height), mark, mark, name, mark, title, mark, conclusion, Markup("").join(parts))


def standing_alone(svg: Markup, style: str, language: str) -> str:
    """The picture as a file of its own, with a margin; `style` says how its classes look."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="{language}"'
    widened = _BOX.sub(lambda found: _widened(head, *map(float, found.groups())), svg, count=1)
    return widened.replace("<title", f"<style>{style}</style><title", 1)


def _widened(head: str, width: float, height: float) -> str:
    across, down = width + 2 * MARGIN, height + 2 * MARGIN
    size = f'width="{number(across * SCALE)}" height="{number(down * SCALE)}"'
    return f'{head} {size} viewBox="-{MARGIN} -{MARGIN} {number(across)} {number(down)}"'


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def box(x: float, y: float, size: tuple[float, float], kind: str) -> Markup:
    """A rectangle of a class."""
    measures = number(x), number(y), *map(number, size)
    return Markup('<rect x="%s" y="%s" width="%s" height="%s" class="%s"/>') % (*measures, kind)


def line(start: tuple[float, float], end: tuple[float, float], kind: str) -> Markup:
    """A line of a class."""
    return path(f"M{_point(start)}L{_point(end)}", kind)


def path(shape: str, kind: str) -> Markup:
    """A path of a class."""
    return Markup('<path d="%s" class="%s"/>') % (shape, kind)


def polygon(points: Iterable[tuple[float, float]], kind: str) -> Markup:
    """A closed shape of a class."""
    return path(f"M{'L'.join(map(_point, points))}z", kind)


def dot(at: tuple[float, float], radius: float, kind: str) -> Markup:
    """A circle of a class."""
    return Markup('<circle cx="%s" cy="%s" r="%s" class="%s"/>') % (*map(number, (*at, radius)), kind)


def diamond(at: tuple[float, float], radius: float, kind: str) -> Markup:
    """A square on its corner."""
    x, y = at
    return polygon([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], kind)


def text(at: tuple[float, float], said: str, kind: str = "") -> Markup:
    """Words; of the classes `end` and `middle` they end or are centred there."""
    x, y = map(number, at)
    if not kind:
        return Markup('<text x="%s" y="%s">%s</text>') % (x, y, said)
    return Markup('<text x="%s" y="%s" class="%s">%s</text>') % (x, y, kind, said)


def hatching(name: str, key: str) -> tuple[Markup, Markup]:
    """A hatching: what defines it, and the attribute of what is filled with it."""
    mark = f"{name}-{key}-h" if key else f"{name}-h"
    made = Markup(
        '<defs><pattern id="{}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path d="M0 0V5" class="hatch"/></pattern></defs>'
    ).format(mark)
    return made, Markup(' fill="url(#{})"').format(mark)


def filled(shape: Markup, fill: Markup) -> Markup:
    """The shape with this fill."""
    return shape.removesuffix("/>") + fill + Markup("/>")


def width_of(said: str, kind: str = "") -> float:
    """How wide words of a class are, about: letters of East Asia count twice."""
    letter_width = BOLD if kind == "strong" else LETTER
    return letter_width * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in said)


def shortened(said: str, width: float, kind: str = "") -> str:
    """The words, or as much of their beginning as fits."""
    if width_of(said, kind) <= width:
        return said
    kept = said
    while kept and width_of(kept, kind) > width - LETTER:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def legend(entries: Sequence[tuple[Markup, str]], y: float) -> Markup:
    """Signs with their meaning in one row. A sign is drawn in a square of ten around the origin's right."""
    x, parts = 0.0, []
    for sign, meaning in entries:
        moved = Markup('<g transform="translate({} {})">{}</g>').format(number(x), number(y - 9), sign)
        parts += [moved, text((x + 15, y), meaning, "faint")]
        x += 27 + width_of(meaning)
    return Markup("").join(parts)


def _point(at: tuple[float, float]) -> str:
    return f"{number(at[0])} {number(at[1])}"
