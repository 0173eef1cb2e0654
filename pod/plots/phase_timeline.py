"""V1: the phases of a poll on one line of time, with a mark where it is now, and the same as a numbered list.

    phase_timeline(say, [times], now, key=poll)               the poll's page: `kit.timeline(view.timeline)`
    phase_timeline(say, [times], now, key=poll, small=True)   a card: `{{ view.timeline.plot.svg }}`

After a second round or a repeated voting `rounds` has several times; of an earlier one is shown what came before the
next began. A short phase is drawn wider than it is, so that each can be read: the mark stands in its phase as far as
that has passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, Literal

import msgspec
from markupsafe import Markup

from decisions.phases import PollTimes
from pod.plots.plot import Figures, Plot
from pod.plots.svg import WIDTH, box, line, path, picture, polygon, text, width_of
from pod.translations import Translator

State = Literal["past", "now", "next"]

NARROWEST: Final = 22
GAP: Final = 2
TOP: Final = 18
BAR: Final = 26
SMALL_BAR: Final = 12
SMALL_HEIGHT: Final = 18
HEIGHT: Final = 76
PADLOCK: Final = "v-3a3 3 0 0 1 6 0v3h1v6h-8v-6z"


class TimelineStep(msgspec.Struct, frozen=True):
    """A phase in the list: its name, whether it is over, and its first instant and the first after it (ms)."""

    name: str
    state: State
    start: int
    end: int
    locked_from: int | None = None


class Timeline(msgspec.Struct, frozen=True):
    """The plot, and its steps for an `<ol>`."""

    plot: Plot
    steps: tuple[TimelineStep, ...]


def phase_timeline(
    say: Translator, rounds: Sequence[PollTimes], now: int, *, key: str, small: bool = False
) -> Timeline:
    """The phases that aren't skipped. `now` is in ms; `key` tells pictures of one page apart."""
    steps = tuple(_steps(say, rounds, now))
    title, conclusion = say("The poll's phases"), _conclusion(say, steps, now)
    ends = tuple(accumulate(_widths(steps)))
    drawn = _small(steps, ends, now) if small else _large(say, steps, ends, now)
    svg = picture("v1", key, SMALL_HEIGHT if small else HEIGHT, (title, conclusion), drawn)
    columns = (say("Phase"), say("From"), say("Until"), say("State"))
    rows = tuple((step.name, say.moment(step.start), say.moment(step.end), _state(say, step.state)) for step in steps)
    figures = tuple((step.name, say.stamp(step.start), say.stamp(step.end), step.state) for step in steps)
    return Timeline(
        Plot(title, conclusion, svg, columns, rows, Figures(("phase", "from", "until", "state"), figures)), steps
    )


def _steps(say: Translator, rounds: Sequence[PollTimes], now: int) -> Iterator[TimelineStep]:
    names = {
        "proposals": say("Proposals"),
        "predictions": say("Predictions"),
        "bets": say("Bets"),
        "voting": say("Voting"),
        "contest": say("Time to contest"),
    }
    stops = [*(times.opened_at for times in rounds[1:]), None]
    for times, stop in zip(rounds, stops, strict=True):
        for phase, start, planned in times.spans:
            end = planned if stop is None else min(planned, stop)
            # Nobody could contest a tie: the second voting follows at once.
            if start >= end or (phase == "contest" and end < planned):
                continue
            state: State = "next" if now < start else "now" if now < end else "past"
            locked = times.lock_at if phase == "voting" and start < times.lock_at < end else None
            yield TimelineStep(names.get(phase, phase), state, start, end, locked)


def _conclusion(say: Translator, steps: Sequence[TimelineStep], now: int) -> str:
    if not steps or now < steps[0].start:
        return say("The poll isn't open yet.")
    for step, after in zip(steps, (*steps[1:], None), strict=True):
        if now < step.end:
            until = say.moment(step.end)
            if after is None:
                return say("Now: %(phase)s, until %(until)s. Then the result is final.", phase=step.name, until=until)
            return say(
                "Now: %(phase)s, until %(until)s. Then: %(next)s.", phase=step.name, until=until, next=after.name
            )
    return say("All phases are over since %(end)s.", end=say.moment(steps[-1].end))


def _state(say: Translator, state: State) -> str:
    return {"past": say("over"), "now": say("now"), "next": say("to come")}[state]


def _widths(steps: Sequence[TimelineStep]) -> list[float]:
    """How wide each phase is drawn: a least width, and a part of the rest by its length."""
    least = min(NARROWEST, WIDTH / max(len(steps), 1))
    whole = sum(step.end - step.start for step in steps)
    rest = WIDTH - least * len(steps)
    return [least + rest * (step.end - step.start) / whole for step in steps]


def _place(steps: Sequence[TimelineStep], ends: Sequence[float], at: int) -> float:
    """Where a time stands on the line."""
    for step, start, end in zip(steps, (0, *ends), ends, strict=False):
        if at < step.end:
            return start + (end - start) * max(at - step.start, 0) / (step.end - step.start)
    return WIDTH


def _small(steps: Sequence[TimelineStep], ends: Sequence[float], now: int) -> Iterator[Markup]:
    for step, start, end in zip(steps, (0, *ends), ends, strict=False):
        yield box(start + 1, 3, (end - start - GAP, SMALL_BAR), step.state)
    x = min(max(_place(steps, ends, now), 2), WIDTH - 2)
    yield line((x, 0), (x, SMALL_HEIGHT), "halo") + line((x, 0), (x, SMALL_HEIGHT), "mark")


def _large(say: Translator, steps: Sequence[TimelineStep], ends: Sequence[float], now: int) -> Iterator[Markup]:
    for place, (step, start, end) in enumerate(zip(steps, (0, *ends), ends, strict=False), start=1):
        yield box(start + 1, TOP, (end - start - GAP, BAR), step.state)
        if step.locked_from is not None:
            x = _place(steps, ends, step.locked_from)
            yield path(f"M{x - 3:.1f} 8{PADLOCK}", "lock") + line((x, TOP - 4), (x, TOP + 5), "locked")
        yield text(((start + end) / 2, TOP + 17), _label(place, step.name, end - start), f"middle on-{step.state}")
    if steps:
        yield text((0, HEIGHT - 3), say.day(steps[0].start), "faint")
        yield text((WIDTH, HEIGHT - 3), say.day(steps[-1].end), "faint end")
    yield from _now(say, _place(steps, ends, now))


def _label(place: int, name: str, width: float) -> str:
    whole = f"{place} {name}"
    return whole if width_of(whole) <= width - 6 else str(place)


def _now(say: Translator, x: float) -> Iterator[Markup]:
    x = min(max(x, 2), WIDTH - 2)
    bottom = TOP + BAR
    word = say("now")
    yield line((x, TOP - 5), (x, bottom + 5), "halo") + line((x, TOP - 5), (x, bottom + 5), "mark")
    yield polygon([(x, bottom + 2), (x + 5, bottom + 9), (x - 5, bottom + 9)], "tip")
    if x < WIDTH - 12 - width_of(word):
        yield text((x + 8, bottom + 12), word, "strong")
    else:
        yield text((x - 8, bottom + 12), word, "strong end")
