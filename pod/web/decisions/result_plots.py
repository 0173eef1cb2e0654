"""The pictures of a result: what each option got, how the votes went, and who was preferred to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from decisions.breakdown import Breakdown
from decisions.count import Result
from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.actions.reading.decisions.polls import PollOutcome
from pod.plots.option_bars import OptionBar, option_bars
from pod.plots.plot import Plot
from pod.plots.vote_flow import FlowPart, vote_flow
from pod.translations import Translator
from pod.web.decisions.wording import option_name
from pod.web.group.wording import member_name

MOST_COMPARED: Final = 20  # options; the numbers of all are in the result's JSON


class PreferenceTable(msgspec.Struct, frozen=True):
    """Who was preferred to whom: a row an option, and of each other one the voices, and whether those are more."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]


def bars_plot(say: Translator, seen: PollPageSight, outcome: PollOutcome, round_place: int = -1) -> Plot:
    """What each option got in a round, the last one if no other is named."""
    poll, result, breakdown = seen.sight.poll, outcome.results[round_place], outcome.breakdowns[round_place]
    is_last = result is outcome.results[-1]
    won = set(outcome.chosen if is_last and outcome.chosen is not None else result.winners)
    bands = breakdown.bands if breakdown is not None and breakdown.bands else ((),) * len(result.options)
    bars = [
        OptionBar(option_name(say, poll, one.id), one, one.id in won, spread)
        for one, spread in zip(result.options, bands, strict=True)
    ]
    return option_bars(say, poll.kind, bars, key=f"round-{result.round}", weighed=seen.by_weight)


def repeated_plot(say: Translator, seen: PollPageSight, outcome: PollOutcome) -> Plot | None:
    """What each option got in the count without those who took their votes out of it; None where nobody did."""
    poll, result = seen.sight.poll, outcome.repeated
    if result is None:
        return None
    bars = [OptionBar(option_name(say, poll, one.id), one, one.id in result.winners) for one in result.options]
    return option_bars(say, poll.kind, bars, key="repeated", weighed=seen.by_weight)


def flow_plot(say: Translator, seen: PollPageSight, outcome: PollOutcome) -> Plot | None:
    """How the votes of the last round went; None of a result that was kept without it."""
    result, breakdown = outcome.results[-1], outcome.breakdowns[-1]
    if breakdown is None:
        return None
    parts = _flow_parts(say, seen.nicknames, result, breakdown)
    return vote_flow(say, parts, key=f"round-{result.round}", weighed=seen.by_weight)


def _flow_parts(say: Translator, nicknames: Mapping[int, str], result: Result, breakdown: Breakdown) -> list[FlowPart]:
    through = [
        FlowPart("through", one.voices, member_name(say, one.member, nicknames.get(one.member, "")))
        for one in breakdown.carriers
    ]
    if breakdown.others:
        through.append(FlowPart("through", breakdown.others_voices, others=breakdown.others))
    rest = [FlowPart("silent", result.silent), FlowPart("stranded", result.stranded)]
    return [FlowPart("direct", result.direct), *through, *rest]


def comparison_of(say: Translator, seen: PollPageSight, outcome: PollOutcome) -> PreferenceTable | None:
    """Who was preferred to whom in the last round of a ranking; None in other polls, and where that is too many."""
    result = outcome.results[-1]
    if result.beats is None or len(result.options) > MOST_COMPARED:
        return None
    names = tuple(option_name(say, seen.sight.poll, one.id) for one in result.options)
    beats, every = result.beats, range(len(names))
    told = say.weight if seen.by_weight else say.number
    return PreferenceTable(
        names,
        tuple(
            (names[a], tuple(("–", False) if a == b else (told(beats[a][b]), beats[a][b] > beats[b][a]) for b in every))
            for a in every
        ),
    )
