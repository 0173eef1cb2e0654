"""Lengths of time in words, and what somebody should know of when a phase ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from pod.actions.decisions.typed_polls import PhaseName
from pod.translations import Translator
from pod.web.asking.typed_poll import DAY_MS, HOUR_MS, UNITS, PlannedPhase

SATURDAY: Final = 5
MINUTE_MS: Final = 60_000


def length_in_words(say: Translator, length_ms: int) -> str:
    """The length in the largest unit in which it is whole; a broken number of hours is rounded."""
    if not length_ms:
        return say("none")
    unit = next((unit for unit, size in UNITS.items() if length_ms % size == 0), None)
    if unit == "weeks":
        return say.many("%(count)s week", "%(count)s weeks", length_ms // UNITS["weeks"])
    if unit == "hours" or length_ms < DAY_MS:
        return say.many("%(count)s hour", "%(count)s hours", max(1, round(length_ms / HOUR_MS)))
    return say.many("%(count)s day", "%(count)s days", round(length_ms / DAY_MS))


def phase_name(say: Translator, name: PhaseName) -> str:
    """What a phase is called."""
    return {
        "proposals": say("Proposals"),
        "predictions": say("Predictions"),
        "bets": say("Bets"),
        "voting": say("Voting"),
    }[name]


def phase_use(say: Translator, name: PhaseName) -> str:
    """What people do in a phase."""
    return {
        "proposals": say("Members propose what can be voted on."),
        "predictions": say("Members write what they expect to happen, depending on what is decided."),
        "bets": say("Members say how likely each prediction is. Nobody sees the bets until this phase ends."),
        "voting": say("Everybody on the roll votes, or leaves it to a delegate."),
    }[name]


def notes_of(say: Translator, planned: Sequence[PlannedPhase]) -> tuple[str, ...]:
    """What to think of before these lengths are published."""
    return tuple(_notes(say, planned))


def _notes(say: Translator, planned: Sequence[PlannedPhase]) -> Iterator[str]:
    for phase in planned:
        if datetime.fromtimestamp(phase.end / 1000, UTC).weekday() >= SATURDAY:
            yield say("“%(phase)s” ends on a weekend, when fewer people look.", phase=phase_name(say, phase.name))
    short = [phase_name(say, phase.name) for phase in planned if phase.end - phase.start < DAY_MS]
    if short:
        yield say("Less than a day, so who sleeps or works may miss it: %(phases)s.", phases=", ".join(short))
