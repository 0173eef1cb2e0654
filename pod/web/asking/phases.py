"""Step 4: how long each phase lasts, by a number or by the time at which it ends, and what to think of."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from decisions.phases import plan_of, poll_times
from pod.actions.decisions.typed_polls import PhaseName, TypedLength, TypedPoll, Unit
from pod.deps import Deps
from pod.plots.phase_timeline import Timeline, phase_timeline
from pod.translations import Translator
from pod.web.asking.asked import AskedGroup
from pod.web.asking.lengths import length_in_words, notes_of, phase_name, phase_use
from pod.web.asking.typed_poll import (
    HOUR_MS,
    PlannedPhase,
    lengths_of,
    number_in,
    phase_names,
    plan,
    typed_length,
    window,
)
from protocol.errors import MalformedError

PRESET: Final = "preset-"
# Hours of each phase, by which phases a poll has.
PRESETS: Final[dict[str, dict[tuple[PhaseName, ...], tuple[int, ...]]]] = {
    "3-days": {
        ("proposals", "predictions", "bets", "voting"): (24, 12, 12, 24),
        ("predictions", "bets", "voting"): (24, 24, 24),
        ("proposals", "voting"): (24, 48),
        ("voting",): (72,),
    },
    "2-weeks": {
        ("proposals", "predictions", "bets", "voting"): (120, 72, 48, 96),
        ("predictions", "bets", "voting"): (120, 96, 120),
        ("proposals", "voting"): (144, 192),
        ("voting",): (336,),
    },
    "1-month": {
        ("proposals", "predictions", "bets", "voting"): (240, 168, 120, 192),
        ("predictions", "bets", "voting"): (240, 216, 264),
        ("proposals", "voting"): (288, 432),
        ("voting",): (720,),
    },
}
USUAL: Final = "2-weeks"


class PhasesForm(msgspec.Struct, frozen=True):
    """The fields of the step; the four of a phase are lists of one length. `do`: next, look or a preset."""

    phase: tuple[PhaseName, ...] = ()
    number: tuple[str, ...] = ()
    unit: tuple[Unit, ...] = ()
    until: tuple[str, ...] = ()
    lock: str = ""
    lock_unit: Unit = "hours"
    contest: str = ""
    contest_unit: Unit = "days"
    do: str = ""


class PhaseRow(msgspec.Struct, frozen=True):
    """A phase to fill in; `when`: from when to when as it is now, if that can be told."""

    name: PhaseName
    title: str
    use: str
    length: TypedLength
    when: str


class PhasesView(msgspec.Struct, frozen=True):
    """What the step shows. `whole`: how long all of it takes, in words; empty if something is wrong."""

    rows: tuple[PhaseRow, ...]
    units: tuple[tuple[Unit, str], ...]
    presets: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    whole: str
    lock: str
    timeline: Timeline | None


def typed_phases(poll: TypedPoll, form: PhasesForm, _: int) -> TypedPoll:
    """The poll with what the step asked, or with the lengths of a preset."""
    if form.do.removeprefix(PRESET) in PRESETS:
        return replace(poll, phases=preset(poll, form.do.removeprefix(PRESET)))
    rows = zip(form.phase, form.number, form.unit, form.until or ("",) * len(form.phase), strict=False)
    return replace(
        poll,
        phases=poll.phases | {name: TypedLength(number, unit, until) for name, number, unit, until in rows},
        lock=TypedLength(form.lock, form.lock_unit),
        contest=TypedLength(form.contest, form.contest_unit),
    )


def preset(poll: TypedPoll, name: str) -> dict[PhaseName, TypedLength]:
    """The lengths of a preset for the phases that this poll has."""
    names = phase_names(poll)
    return {phase: typed_length(hours * HOUR_MS) for phase, hours in zip(names, PRESETS[name][names], strict=True)}


def with_usual_lengths(poll: TypedPoll) -> TypedPoll:
    """The poll, with usual lengths for the phases that have none yet."""
    lacking = [name for name in phase_names(poll) if name not in poll.phases]
    return replace(poll, phases=preset(poll, USUAL) | poll.phases) if lacking else poll


async def check_step(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> None:
    """Refuse lengths that can't be."""
    assert deps
    plan(poll, asked.now)
    window(poll.lock)
    window(poll.contest)


async def show_phases(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> PhasesView:
    """The step."""
    assert deps
    say, planned = asked.say, planned_or_none(poll, asked.now)
    when = {phase.name: _when(say, phase) for phase in planned}
    return PhasesView(
        rows=tuple(
            PhaseRow(
                name,
                phase_name(say, name),
                phase_use(say, name),
                poll.phases.get(name, TypedLength()),
                when.get(name, ""),
            )
            for name in phase_names(poll)
        ),
        units=unit_choices(say),
        presets=(("3-days", say("3 days")), ("2-weeks", say("2 weeks")), ("1-month", say("1 month"))),
        notes=notes_of(say, planned),
        whole=length_in_words(say, planned[-1].end - asked.now) if planned else "",
        lock=_lock(say, poll, planned),
        timeline=timeline_of(say, poll, planned, asked.now),
    )


def timeline_of(say: Translator, poll: TypedPoll, planned: tuple[PlannedPhase, ...], now: int) -> Timeline | None:
    """V1 of the phases as they are typed now; None as long as something is wrong with them."""
    if not planned or any(number_in(length.number) is None for length in (poll.lock, poll.contest)):
        return None
    times = poll_times(plan_of(lengths_of(poll, now), now))
    return phase_timeline(say, [times], now, key="new")


def planned_or_none(poll: TypedPoll, now: int) -> tuple[PlannedPhase, ...]:
    """The planned phases; none as long as something is wrong with them."""
    try:
        return plan(poll, now)
    except MalformedError:
        return ()


def unit_choices(say: Translator) -> tuple[tuple[Unit, str], ...]:
    """The units that lengths are counted in."""
    return (("hours", say("hours")), ("days", say("days")), ("weeks", say("weeks")))


def _when(say: Translator, phase: PlannedPhase) -> str:
    return say("%(start)s to %(end)s", start=say.moment(phase.start), end=say.moment(phase.end))


def lock_at(poll: TypedPoll, voting: PlannedPhase) -> int:
    """When delegates are locked (ms): no later than half of the voting; of a poll whose lock is a number."""
    return voting.end - min(window(poll.lock), (voting.end - voting.start) // 2)


def _lock(say: Translator, poll: TypedPoll, planned: tuple[PlannedPhase, ...]) -> str:
    if not planned or number_in(poll.lock.number) is None:
        return ""
    return say("As it is now, that is %(moment)s.", moment=say.moment(lock_at(poll, planned[-1])))
