"""A poll as somebody typed it so far, and the record that it becomes: nothing typed is lost, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from pod.actions.decisions.poll_templates import PollTemplate
from pod.actions.decisions.typed_polls import PhaseName, TypedLength, TypedOption, TypedPoll, Unit
from pod.rules.questions import AskingRule
from pod.web.decisions.wording import date_title
from pod.web.post.plain_text import paragraphs_of, typed
from protocol.errors import MalformedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_NAME_LENGTH, MAX_OPTIONS, MAX_PARAGRAPHS, MAX_PHASE_MS
from protocol.records.content import Option, Poll
from protocol.records.content.polls import Goal, Lengths, PollKind, Quorum
from protocol.records.drafts import Draft

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
UNITS: Final[dict[Unit, int]] = {"weeks": 7 * DAY_MS, "days": DAY_MS, "hours": HOUR_MS}
SHORTEST_MS: Final = HOUR_MS
FEWEST_OPTIONS: Final = 2
MOST_DIGITS: Final = 15
PERCENT: Final = 100
# A prediction names proposals, which are records; so in a poll with predictions everything is proposed.
WITHOUT_OPTIONS: Final = frozenset({"", "for-against", "predictions"})


class PlannedPhase(msgspec.Struct, frozen=True):
    """A phase as the typed lengths make it, counted from now; ms since 1970."""

    name: PhaseName
    start: int
    end: int


def phase_names(poll: TypedPoll) -> tuple[PhaseName, ...]:
    """The phases that a poll of this kind has."""
    names: tuple[PhaseName, ...] = ("proposals",) if proposes(poll) else ()
    forecasts: tuple[PhaseName, ...] = ("predictions", "bets") if poll.kind == "predictions" else ()
    return (*names, *forecasts, "voting")


def proposes(poll: TypedPoll) -> bool:
    """Whether members propose options in a phase of their own."""
    return poll.kind == "predictions" or (poll.proposing and poll.kind in ("score", "ranking", "approval"))


def filled_options(poll: TypedPoll) -> tuple[TypedOption, ...]:
    """The rows in which something is typed; none where the kind has no options of its own."""
    return tuple(option for option in poll.options if not option.is_blank) if poll.kind not in WITHOUT_OPTIONS else ()


def check_question(poll: TypedPoll) -> None:
    """Refuse a question that can't be asked; raises MalformedError."""
    if not poll.title:
        raise AskingRule.NO_QUESTION.error()
    if len(poll.title) > MAX_NAME_LENGTH:
        raise AskingRule.LONG_QUESTION.error(most=MAX_NAME_LENGTH)
    if len(paragraphs_of(poll.text)) > MAX_PARAGRAPHS:
        raise AskingRule.LONG_BACKGROUND.error(most=MAX_PARAGRAPHS)


def check_kind(poll: TypedPoll) -> None:
    """Refuse a kind without the options that it needs; raises MalformedError."""
    if not poll.kind:
        raise AskingRule.NO_KIND.error()
    options = filled_options(poll)
    if len(options) > MAX_OPTIONS:
        raise AskingRule.MANY_OPTIONS.error(most=MAX_OPTIONS)
    if poll.kind != "for-against" and len(options) < FEWEST_OPTIONS and not proposes(poll):
        if poll.kind == "date":
            raise AskingRule.FEW_OPTIONS.error()
        raise AskingRule.FEW_OPTIONS_YET.error()
    seen: set[str] = set()
    for number, option in enumerate(options, 1):
        _check_option(option, number, seen, dated=poll.kind == "date")


def _check_option(option: TypedOption, number: int, seen: set[str], *, dated: bool) -> None:
    if not option.title and not dated:
        raise AskingRule.NAMELESS_OPTION.error(number=number)
    if len(option.title) > MAX_NAME_LENGTH:
        raise AskingRule.LONG_OPTION.error(number=number, most=MAX_NAME_LENGTH)
    key = option.title.casefold() if not dated else f"{option.title.casefold()} {option.start} {option.end}"
    if key in seen:
        raise AskingRule.OPTION_TWICE.error(number=number)
    seen.add(key)
    start, end = moment_in(option.start), moment_in(option.end)
    if dated and (start is None or end is None or end <= start):
        raise AskingRule.OPTION_TIME.error(number=number)


def check_areas(poll: TypedPoll, known: Sequence[str]) -> None:
    """Refuse an area that the group doesn't have; raises MalformedError."""
    if any(area not in known for area in poll.areas):
        raise AskingRule.NO_SUCH_AREA.error()


def plan(poll: TypedPoll, now: int) -> tuple[PlannedPhase, ...]:
    """The phases one after the other from now on; raises MalformedError."""
    planned: list[PlannedPhase] = []
    start = now
    for number, name in enumerate(phase_names(poll), 1):
        end = _end(poll.phases.get(name, TypedLength()), start, number)
        planned.append(PlannedPhase(name, start, end))
        start = end
    return tuple(planned)


def _end(length: TypedLength, start: int, number: int) -> int:
    if length.until:
        end = moment_in(length.until)
        if end is not None and end <= start:
            raise AskingRule.PHASE_ORDER.error(number=number)
    else:
        count = number_in(length.number)
        end = start + count * UNITS[length.unit] if count else None
    if end is None:
        raise AskingRule.PHASE_LENGTH.error(number=number)
    if not SHORTEST_MS <= end - start <= MAX_PHASE_MS:
        raise AskingRule.PHASE_BOUNDS.error(number=number)
    return end


def window(length: TypedLength) -> int:
    """How long delegates are locked, or a result may be contested, in ms; raises MalformedError."""
    count = number_in(length.number)
    found = None if count is None else count * UNITS[length.unit]
    if found is None or found > MAX_PHASE_MS:
        raise AskingRule.WINDOW_LENGTH.error()
    return found


def quorum_of(poll: TypedPoll) -> Quorum:
    """How many must take part; raises MalformedError."""
    percent, voices = number_in(poll.percent), number_in(poll.voices)
    if (poll.percent and (percent is None or percent > PERCENT)) or (poll.voices and voices is None):
        raise AskingRule.QUORUM_NUMBER.error()
    return Quorum(percent, voices)


def lengths_of(poll: TypedPoll, now: int) -> Lengths:
    """The lengths of all phases; raises MalformedError."""
    found = {phase.name: phase.end - phase.start for phase in plan(poll, now)}
    return Lengths(
        voting=found["voting"],
        proposals=found.get("proposals", 0),
        predictions=found.get("predictions", 0),
        bets=found.get("bets", 0),
        lock=window(poll.lock),
        contest=window(poll.contest),
    )


def goal_of(poll: TypedPoll) -> Goal | None:
    """What it is to achieve: words, or a poll that the group decided; raises MalformedError."""
    if not poll.goal and not poll.goal_poll:
        return None
    return Goal(poll.goal, id_in(poll.goal_poll) if poll.goal_poll else None)


def draft_of(poll: TypedPoll, known_areas: Sequence[str], now: int) -> Draft:
    """The record to sign; raises MalformedError for the first thing that isn't right."""
    check_question(poll)
    check_kind(poll)
    check_areas(poll, known_areas)
    said: dict[str, Any] = {
        "kind": "score" if poll.kind == "predictions" else poll.kind,
        "title": poll.title,
        "lengths": lengths_of(poll, now),
        "paragraphs": paragraphs_of(poll.text),
        "options": [_option(option, dated=poll.kind == "date") for option in filled_options(poll)],
        "areas": poll.areas,
        "quorum": quorum_of(poll),
        "goal": goal_of(poll),
        "about": id_in(poll.about) if poll.about else None,
        "language": poll.language,
    }
    return Draft("Poll", {name: value for name, value in _plain(said).items() if value})


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """The members as JSON has them."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(said))
    return plain


def _option(option: TypedOption, *, dated: bool) -> Option:
    if not dated:
        return Option(option.title, option.text)
    start, end = moment_in(option.start), moment_in(option.end)
    return Option(option.title or date_title(start or 0), option.text, start, end)


def typed_again(poll: Poll) -> TypedPoll:
    """What to type to ask the same once more; times of a date poll are as they were."""
    lengths = poll.lengths
    return TypedPoll(
        title=poll.title,
        text="\n\n".join(typed(paragraph) for paragraph in poll.paragraphs),
        language=poll.language,
        goal=poll.goal.text if poll.goal else "",
        goal_poll=(poll.goal.poll or "") if poll.goal else "",
        kind="predictions" if poll.kind == "score" and lengths.bets else poll.kind,
        options=tuple(
            TypedOption(one.title, one.text, typed_moment(one.start), typed_moment(one.end)) for one in poll.options
        ),
        proposing=bool(lengths.proposals),
        areas=poll.areas,
        **typed_lengths(lengths),
        percent="" if poll.quorum.percent is None else str(poll.quorum.percent),
        voices="" if poll.quorum.number is None else str(poll.quorum.number),
    )


def from_template(poll: TypedPoll, template: PollTemplate) -> TypedPoll:
    """The poll with the kind, lengths and quorum of a template."""
    lengths = template.lengths
    return msgspec.structs.replace(
        poll,
        kind="predictions" if template.kind == "score" and lengths.bets else template.kind,
        proposing=bool(lengths.proposals),
        **typed_lengths(lengths),
        percent="" if template.quorum.percent is None else str(template.quorum.percent),
        voices="" if template.quorum.number is None else str(template.quorum.number),
    )


def template_of(poll: TypedPoll, name: str, now: int) -> PollTemplate:
    """A template that begins other polls like this one; raises MalformedError."""
    if not poll.kind:
        raise AskingRule.NO_KIND.error()
    kind: PollKind = "score" if poll.kind == "predictions" else poll.kind
    return PollTemplate(name, kind, lengths_of(poll, now), quorum_of(poll))


def typed_lengths(lengths: Lengths) -> dict[str, Any]:
    """The members of a typed poll that say how long everything lasts."""
    held: dict[PhaseName, int] = {
        "proposals": lengths.proposals,
        "predictions": lengths.predictions,
        "bets": lengths.bets,
        "voting": lengths.voting,
    }
    phases = {name: typed_length(length) for name, length in held.items() if length}
    return {"phases": phases, "lock": typed_length(lengths.lock), "contest": typed_length(lengths.contest)}


def typed_length(length_ms: int) -> TypedLength:
    """A length in the largest unit in which it is whole; what is no whole number of hours is rounded up to one."""
    for unit, size in UNITS.items():
        if length_ms and length_ms % size == 0:
            return TypedLength(str(length_ms // size), unit)
    return TypedLength(str(-(-length_ms // HOUR_MS)), "hours")


def moment_in(text: str) -> int | None:
    """The UTC time of a date box, in ms; None for what is no time."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if at is None or at.tzinfo is not None:
        return None
    return max(0, int(at.replace(tzinfo=UTC).timestamp())) * 1000


def typed_moment(at_ms: int | None) -> str:
    """A time as a date box shows it, in UTC."""
    return "" if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M}"


def number_in(text: str) -> int | None:
    """A whole number from 0 on; None for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def id_in(text: str) -> RecordId:
    """A poll or post that the form names; raises MalformedError."""
    try:
        return parse_id(text)
    except MalformedError:
        raise AskingRule.NO_SUCH_GOAL.error() from None
