"""A delegate's polls as a strip, the oldest first: voted or not, for what won or not, and through how many voices.

    track_strip(say, [TrackCell(title, voted=True, agreed=True, voices=3), ...], key=...)

Full: they voted for what was decided; hatched: they voted otherwise, or nothing is decided yet; empty: they didn't
vote. The number above a cell is of those whose votes came through them, where it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from pod.plots.plot import Figures, Plot
from pod.plots.svg import WIDTH, box, filled, hatching, legend, picture, text
from pod.translations import Translator

CELL: Final = 30
TOP: Final = 18
BETWEEN: Final = 4
IN_A_ROW: Final = WIDTH // CELL
ROW: Final = CELL + TOP


class TrackCell(msgspec.Struct, frozen=True):
    """A poll. `agreed`: for what was decided; None while nothing is, or nobody won. `voices`: None if unknown."""

    title: str
    voted: bool
    agreed: bool | None
    voices: int | None


def track_strip(say: Translator, cells: Sequence[TrackCell], *, key: str) -> Plot:
    """The strip of these polls."""
    voted = sum(cell.voted for cell in cells)
    agreed = sum(cell.voted and cell.agreed is True for cell in cells)
    title = say("The polls one after the other")
    conclusion = say(
        "Voted in %(voted)s of %(polls)s polls, in %(agreed)s of them for what was decided.",
        voted=say.number(voted),
        polls=say.number(len(cells)),
        agreed=say.number(agreed),
    )
    rows = -(-len(cells) // IN_A_ROW)
    height = rows * ROW + 26
    svg = picture("track", key, height, (title, conclusion), _parts(say, cells, key, height))
    columns = (say("Poll"), say("Voted"), say("For what was decided"), say("Voices through them"))
    return Plot(title, conclusion, svg, columns, tuple(_row(say, cell) for cell in cells), _figures(cells))


def _parts(say: Translator, cells: Sequence[TrackCell], key: str, height: float) -> Iterator[Markup]:
    made, fill = hatching("track", key)
    yield made
    for place, cell in enumerate(cells):
        x, y = place % IN_A_ROW * CELL, place // IN_A_ROW * ROW
        size = (CELL - BETWEEN, CELL - BETWEEN)
        yield box(x, y + TOP, size, "direct" if cell.voted and cell.agreed else "skipped")
        if cell.voted and not cell.agreed:
            yield filled(box(x, y + TOP, size, "delegated"), fill)
        if cell.voices:
            yield text((x + (CELL - BETWEEN) / 2, y + TOP - 4), f"+{say.number(cell.voices)}", "middle faint")
    signs = (
        (box(0, 0, (10, 10), "direct"), say("for what was decided")),
        (filled(box(0, 0, (10, 10), "delegated"), fill), say("otherwise")),
        (box(0, 0, (10, 10), "skipped"), say("didn't vote")),
    )
    yield legend(signs, height - 6)


def _row(say: Translator, cell: TrackCell) -> tuple[str, ...]:
    agreed = {True: say("yes"), False: say("no"), None: say("not decided")}[cell.agreed] if cell.voted else ""
    voices = say.number(cell.voices) if cell.voices is not None else say("not kept")
    return cell.title, say("yes") if cell.voted else say("no"), agreed, voices


def _figures(cells: Sequence[TrackCell]) -> Figures:
    names = ("poll", "voted", "agreed", "voices")
    rows = (
        (cell.title, int(cell.voted), None if cell.agreed is None else int(cell.agreed), cell.voices) for cell in cells
    )
    return Figures(names, tuple(rows))
