"""V7: how all votes of a poll went: cast oneself, through whom, or not at all; bands as thick as what flows there.

    vote_flow(say, [FlowPart("direct", 3), FlowPart("through", 4, name), ..., FlowPart("silent", 2)], key=poll)

The parts sum to the roll. Of those through whom votes went the eight with the most are drawn, the others as one; the
table has all that are given. With `weighed` voices are thousandths of weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

import msgspec
from markupsafe import Markup

from pod.plots.plot import Figures, Plot
from pod.plots.svg import box, filled, hatching, number, path, picture, shortened, text
from pod.plots.weights import percent
from pod.translations import Translator

Kind = Literal["direct", "through", "silent", "stranded"]

MOST_DRAWN: Final = 8
MOST_KEPT: Final = 128
TALL: Final = 200  # what the whole roll is
LEAST: Final = 19  # so that words fit beside each block
BETWEEN: Final = 3
TOP: Final = 22
LEFT: Final = 12
RIGHT: Final = 128
BLOCK: Final = 9
LABEL: Final = 212


class FlowPart(msgspec.Struct, frozen=True):
    """Voices that went one way: cast by their voters, through somebody (`name`), or not cast, without or with a list.

    `others` is for how many people together, where several are summed.
    """

    kind: Kind
    voices: int
    name: str = ""
    others: int = 0


def vote_flow(say: Translator, parts: Sequence[FlowPart], *, key: str, weighed: bool = False) -> Plot:
    """The flow of one poll."""
    return _plot(say, tuple(parts), key, weighed)


@lru_cache(MOST_KEPT)
def _plot(say: Translator, parts: tuple[FlowPart, ...], key: str, weighed: bool) -> Plot:  # noqa: FBT001
    """The same, drawn once for all who see these words and numbers."""
    told = _in_order(parts)
    roll = sum(part.voices for part in parts)
    title, conclusion = say("How the votes went"), _conclusion(say, parts, roll)
    drawn = _largest(told, MOST_DRAWN)
    bands, height = _bands(say, drawn, roll, key, weighed=weighed)
    svg = picture("flow", key, height, (title, conclusion), bands)
    columns = (say("Way"), say("Voices"), say("Share"))
    rows = tuple(
        (_name(say, part), _amount(say, part.voices, weighed=weighed), percent(say, _share(part, roll)))
        for part in told
    )
    figures = tuple((part.kind, part.name, part.others or None, part.voices) for part in told)
    return Plot(title, conclusion, svg, columns, rows, Figures(("way", "through", "others", "voices"), figures))


def _share(part: FlowPart, roll: int) -> Fraction:
    return Fraction(part.voices, roll or 1)


def _amount(say: Translator, voices: int, *, weighed: bool) -> str:
    return say.weight(voices) if weighed else say.number(voices)


def _in_order(parts: Sequence[FlowPart]) -> tuple[FlowPart, ...]:
    """Direct votes, those through others with the most voices first and sums last, then what wasn't cast."""
    kinds = ("direct", "through", "silent", "stranded")
    order = sorted(parts, key=lambda part: (kinds.index(part.kind), part.others > 0, -part.voices))
    return tuple(part for part in order if part.voices)


def _largest(parts: Sequence[FlowPart], most: int) -> tuple[FlowPart, ...]:
    """The same parts; of those through whom votes came the first, and all others as one."""
    through = [part for part in parts if part.kind == "through"]
    others = [part for part in through[most:] if not part.others] + [part for part in through if part.others]
    if not others:
        return tuple(parts)
    kept = [part for part in through[:most] if not part.others]
    summed = FlowPart("through", sum(part.voices for part in others), others=sum(part.others or 1 for part in others))
    return _in_order([*(part for part in parts if part.kind != "through"), *kept, summed])


def _conclusion(say: Translator, parts: Sequence[FlowPart], roll: int) -> str:
    if not roll:
        return say("Nobody may vote.")
    sums = dict.fromkeys(("direct", "through", "silent", "stranded"), 0)
    for part in parts:
        sums[part.kind] += part.voices
    shares = {kind: percent(say, Fraction(voices, roll)) for kind, voices in sums.items()}
    told = say(
        "%(direct)s voted themselves, %(through)s through delegates, %(absent)s not at all.",
        direct=shares["direct"],
        through=shares["through"],
        absent=percent(say, Fraction(sums["silent"] + sums["stranded"], roll)),
    )
    through = [part for part in parts if part.kind == "through" and not part.others]
    if not through:
        return told
    most = max(through, key=lambda part: part.voices)
    return say(
        "%(told)s %(name)s carries the most: %(share)s.",
        told=told,
        name=most.name,
        share=percent(say, _share(most, roll)),
    )


def _name(say: Translator, part: FlowPart) -> str:
    if part.others:
        return say.many("through %(count)s other", "through %(count)s others", part.others)
    return {
        "direct": say("cast themselves"),
        "through": say("through %(name)s", name=part.name),
        "silent": say("not cast, no delegate named"),
        "stranded": say("not cast, no delegate voted"),
    }[part.kind]


def _bands(
    say: Translator, parts: Sequence[FlowPart], roll: int, key: str, *, weighed: bool
) -> tuple[list[Markup], float]:
    pattern, fill = hatching("flow", key)
    heights = [TALL * part.voices / (roll or 1) for part in parts]
    slots = [max(LEAST, height) for height in heights]
    whole = sum(slots) + BETWEEN * max(len(slots) - 1, 0)
    start = TOP + max(whole - TALL, 0) / 2
    said = say("on the roll: %(voices)s", voices=_amount(say, roll, weighed=weighed))
    drawn = [pattern, text((0, 12), said, "strong"), box(0, start, (BLOCK, TALL if roll else 1), "axis-block")]
    left, right = start, float(TOP)
    for part, height, slot in zip(parts, heights, slots, strict=True):
        at = right + (slot - height) / 2
        drawn += _band(part, (left, at, height), fill)
        words = f"{_amount(say, part.voices, weighed=weighed)} {_name(say, part)}"
        drawn.append(text((RIGHT + BLOCK + 8, right + slot / 2 + 4), shortened(words, LABEL)))
        left, right = left + height, right + slot + BETWEEN
    return drawn, max(right, start + TALL) + 2


def _band(part: FlowPart, at: tuple[float, float, float], fill: Markup) -> Iterator[Markup]:
    left, right, height = at
    middle = (LEFT + RIGHT) / 2
    down, up = number(left + height), number(right + height)
    shape = (
        f"M{LEFT} {number(left)}C{middle:g} {number(left)} {middle:g} {number(right)} {RIGHT} {number(right)}"
        f"V{up}C{middle:g} {up} {middle:g} {down} {LEFT} {down}z"
    )
    yield path(shape, f"band {part.kind}")
    block = box(RIGHT, right, (BLOCK, max(height, 1)), part.kind if part.kind != "through" else "delegated")
    yield filled(block, fill) if part.kind == "through" else block
