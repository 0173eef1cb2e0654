"""V9: how the records of a text build on each other: time from left to right, a lane for each author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from pod.plots.plot import Plot
from pod.translations import Translator
from protocol.ids import RecordId

STEP: Final = 28
LANE: Final = 30
LEFT: Final = 92
RADIUS: Final = 12  # room for a letter and three digits
MOST_LANES: Final = 8
LONGEST_NAME: Final = 11
COLOURS: Final = 4


class PatchNode(msgspec.Struct, frozen=True):
    """A record: its number in the order of arrival, its author's display name, and the records it builds on."""

    number: int
    author: str
    when: str
    upon: tuple[RecordId, ...]
    record: RecordId


def patch_graph(say: Translator, nodes: Sequence[PatchNode], total: int) -> Plot:
    """The latest records of a text, of `total` in all. From the eighth on, authors share the last lane."""
    title = say("How the text grew")
    lanes = _lanes(nodes)
    conclusion = _conclusion(say, nodes, len({node.author for node in nodes}), total)
    points = {node.record: (LEFT + STEP * at, _height(lanes[node.author])) for at, node in enumerate(nodes)}
    edges = [_edge(points[other], points[node.record]) for node in nodes for other in node.upon if other in points]
    dots = [_dot(node, points[node.record], lanes[node.author]) for node in nodes]
    width, height = LEFT + STEP * max(len(nodes), 12), LANE * (max(lanes.values(), default=0) + 1) + 8
    svg = Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="v9-t v9-d" class="patches">'
        '<title id="v9-t">{}</title><desc id="v9-d">{}</desc>{}</svg>'
    ).format(width, height, title, conclusion, Markup("").join([*_names(say, lanes), *edges, *dots]))
    return Plot(title, conclusion, svg, _columns(say), tuple(_row(say, node, nodes, lanes) for node in nodes))


def _lanes(nodes: Sequence[PatchNode]) -> dict[str, int]:
    authors = dict.fromkeys(node.author for node in nodes)
    return {author: min(lane, MOST_LANES - 1) for lane, author in enumerate(authors)}


def _conclusion(say: Translator, nodes: Sequence[PatchNode], authors: int, total: int) -> str:
    records = say.many("%(count)s record", "%(count)s records", total)
    people = say.many("%(count)s author", "%(count)s authors", authors)
    if total > len(nodes):
        last = say.number(len(nodes))
        return say(
            "%(records)s in all; shown are the last %(last)s, by %(people)s.", records=records, last=last, people=people
        )
    return say("%(records)s by %(people)s.", records=records, people=people)


def _height(lane: int) -> int:
    return LANE * lane + LANE // 2 + 4


def _letter(lane: int) -> str:
    return "ABCDEFGH"[lane]


def _names(say: Translator, lanes: Mapping[str, int]) -> list[Markup]:
    by_lane: dict[int, list[str]] = {}
    for author, lane in lanes.items():
        by_lane.setdefault(lane, []).append(author)
    text = Markup('<text x="0" y="{}" class="name">{} {}</text><line x1="{}" x2="100%" y1="{}" y2="{}" class="lane"/>')
    found = []
    for lane, authors in by_lane.items():
        name = _short(authors[0]) if len(authors) == 1 else say("others")
        y = _height(lane)
        found.append(text.format(y + 4, _letter(lane), name, LEFT - 12, y, y))
    return found


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _edge(start: tuple[int, int], end: tuple[int, int]) -> Markup:
    (x, y), (to_x, to_y) = start, end
    middle = (x + to_x) // 2
    return Markup('<path d="M{} {}C{} {} {} {} {} {}" class="edge"/>').format(
        x + RADIUS, y, middle, y, middle, to_y, to_x - RADIUS, to_y
    )


def _dot(node: PatchNode, point: tuple[int, int], lane: int) -> Markup:
    x, y = point
    return Markup('<circle cx="{}" cy="{}" r="{}" class="p{}"/><text x="{}" y="{}" class="on">{}{}</text>').format(
        x, y, RADIUS, lane % COLOURS, x, y + 3, _letter(lane), node.number
    )


def _columns(say: Translator) -> tuple[str, ...]:
    return (say("Number"), say("Author"), say("Day"), say("Builds on"))


def _row(say: Translator, node: PatchNode, nodes: Sequence[PatchNode], lanes: Mapping[str, int]) -> tuple[str, ...]:
    numbers = {other.record: other.number for other in nodes}
    upon = ", ".join(say.number(numbers[other]) for other in node.upon if other in numbers)
    return (f"{_letter(lanes[node.author])}{node.number}", node.author, node.when, upon)
