"""Step 6: the poll as a voter, a delegate and a guest will meet it, its rules in one paragraph, and what stays."""

from __future__ import annotations

from typing import Final

import msgspec

from pod.actions.decisions.typed_polls import TypedOption, TypedPoll
from pod.deps import Deps
from pod.translations import Translator
from pod.web.asking.asked import STEPS, AskedGroup
from pod.web.asking.kinds import kind_cards, kind_name
from pod.web.asking.lengths import length_in_words, notes_of, phase_name
from pod.web.asking.phases import lock_at, planned_or_none
from pod.web.asking.question import about_post
from pod.web.asking.typed_poll import (
    PlannedPhase,
    draft_of,
    filled_options,
    moment_in,
    number_in,
    proposes,
    quorum_of,
    window,
)
from pod.web.asking.votes import roll_sentence, tie_sentence
from pod.web.decisions.wording import quorum_sentence
from pod.web.post.plain_text import paragraphs_of
from pod.web.post.replies import PieceView, pieces_of
from pod.web.post.wording import language_of

ROLES: Final = ("voter", "delegate", "guest")


class PreviewForm(msgspec.Struct, frozen=True):
    """Nothing but the button: publish, or keep."""

    do: str = ""


class PreviewOption(msgspec.Struct, frozen=True):
    """An option; `when`: of a date."""

    title: str
    text: str
    when: str


class PreviewPhase(msgspec.Struct, frozen=True):
    """A phase to come, and what the role can do in it."""

    title: str
    when: str
    can: str


class PreviewRole(msgspec.Struct, frozen=True):
    """What somebody meets; a guest can do nothing in any phase, so has none."""

    title: str
    intro: str
    phases: tuple[PreviewPhase, ...]


class PollPreviewView(msgspec.Struct, frozen=True):
    """What the step shows. `fixed`: (what, value, its step's address), none of which can be changed later."""

    title: str
    kind: str
    pieces: tuple[PieceView, ...]
    language: str
    about: tuple[str, str]
    options: tuple[PreviewOption, ...]
    goal: str
    roles: tuple[PreviewRole, ...]
    rules: str
    notes: tuple[str, ...]
    fixed: tuple[tuple[str, str, str], ...]


def typed_preview(poll: TypedPoll, _: PreviewForm, __: int) -> TypedPoll:
    """The poll; the step asks nothing."""
    return poll


async def check_step(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> None:
    """Refuse what can't be published."""
    assert deps
    draft_of(poll, [area.area for area in asked.areas], asked.now)


async def show_preview(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> PollPreviewView:
    """The step."""
    say, planned = asked.say, planned_or_none(poll, asked.now)
    return PollPreviewView(
        title=poll.title,
        kind=kind_name(say, poll.kind),
        pieces=tuple(pieces_of(paragraphs_of(poll.text))),
        language=language_of(poll.language),
        about=await about_post(deps, asked, poll.about),
        options=tuple(_option(say, option) for option in filled_options(poll)),
        goal=poll.goal,
        roles=tuple(_role(say, role, planned) for role in ROLES),
        rules=" ".join([await roll_sentence(deps, asked), *_rules(asked, poll, planned)]),
        notes=notes_of(say, planned),
        fixed=_fixed(asked, poll, planned),
    )


def _option(say: Translator, option: TypedOption) -> PreviewOption:
    start, end = moment_in(option.start), moment_in(option.end)
    when = say("%(start)s to %(end)s", start=say.moment(start), end=say.moment(end)) if start and end else ""
    return PreviewOption(option.title, option.text, when)


def _role(say: Translator, role: str, planned: tuple[PlannedPhase, ...]) -> PreviewRole:
    title, intro = {
        "voter": (
            say("A voter"),
            say("Your vote counts 1, and 1 more for each member who delegates to you."),
        ),
        "delegate": (
            say("A delegate"),
            say("Others follow you. Your ballot is shown as the ballot of a delegate and stands in your track record."),
        ),
        "guest": (
            say("A guest"),
            say("You read what the group shows to everybody. Only members on the roll vote."),
        ),
    }[role]
    shown = planned if role != "guest" else ()
    return PreviewRole(title, intro, tuple(_phase(say, role, phase) for phase in shown))


def _phase(say: Translator, role: str, phase: PlannedPhase) -> PreviewPhase:
    when = say("until %(moment)s", moment=say.moment(phase.end))
    return PreviewPhase(phase_name(say, phase.name), when, _can(say, role, phase.name))


def _can(say: Translator, role: str, phase: str) -> str:
    voting = {
        "voter": say("vote, change your vote, or leave it to a delegate, until the end"),
        "delegate": say("vote until delegates are locked; your ballot is then frozen for those who follow you"),
    }
    return {
        "proposals": say("propose an option"),
        "predictions": say("write a prediction"),
        "bets": say("say how likely each prediction is"),
        "voting": voting[role],
    }[phase]


def _takers(asked: AskedGroup, planned: tuple[PlannedPhase, ...]) -> list[str]:
    """What weight the phases before the voting ask for."""
    say, least = asked.say, {name: max(1, asked.seen.state.permission(name)) for name in ("propose", "predict", "bet")}
    if set(least.values()) == {1}:
        return []
    told = {
        "proposals": say("Proposing takes weight %(weight)s.", weight=say.weight(least["propose"])),
        "predictions": say("Predicting takes weight %(weight)s.", weight=say.weight(least["predict"])),
        "bets": say("Betting takes weight %(weight)s.", weight=say.weight(least["bet"])),
    }
    return [told[phase.name] for phase in planned if phase.name in told]


def _rules(asked: AskedGroup, poll: TypedPoll, planned: tuple[PlannedPhase, ...]) -> list[str]:
    """The rules as sentences, from the same values as the record."""
    say = asked.say
    found = [next((card.decides for card in kind_cards(say) if card.kind == poll.kind), "")]
    if proposes(poll):
        found.append(say("Members may propose options in the first phase; a proposal can't be removed."))
    if planned:
        found += _takers(asked, planned)
        found.append(say("Voting ends on %(moment)s.", moment=say.moment(planned[-1].end)))
    found.append(quorum_sentence(say, quorum_of(poll)) if _is_quorum(poll) else "")
    found.append(tie_sentence(say, poll.kind))
    found.append(_windows(say, poll, planned))
    found.append(say("Ballots are open: whoever reads the group's log can count them. Pages show no running totals."))
    return [sentence for sentence in found if sentence]


def _is_quorum(poll: TypedPoll) -> bool:
    return all(not text or number_in(text) is not None for text in (poll.percent, poll.voices))


def _windows(say: Translator, poll: TypedPoll, planned: tuple[PlannedPhase, ...]) -> str:
    if not planned or any(number_in(length.number) is None for length in (poll.lock, poll.contest)):
        return ""
    voting = planned[-1]
    return say(
        "Delegates are locked %(lock)s before the end, and the result may be contested for %(contest)s.",
        lock=length_in_words(say, voting.end - lock_at(poll, voting)),
        contest=length_in_words(say, window(poll.contest)),
    )


def _fixed(asked: AskedGroup, poll: TypedPoll, planned: tuple[PlannedPhase, ...]) -> tuple[tuple[str, str, str], ...]:
    say, names = asked.say, {area.area: area.name for area in asked.areas}
    areas = ", ".join(names[area] for area in poll.areas if area in names)
    count = len(filled_options(poll))
    options = f", {say.many('%(count)s option', '%(count)s options', count)}" if count else ""
    lengths = ", ".join(
        f"{phase_name(say, phase.name)} {length_in_words(say, phase.end - phase.start)}" for phase in planned
    )
    values = (
        (say("Question"), poll.title),
        (say("Kind and options"), kind_name(say, poll.kind) + options),
        (say("Subject areas"), areas or say("none: delegations for the whole group hold")),
        (say("Phases"), lengths),
        (say("Quorum"), quorum_sentence(say, quorum_of(poll)) if _is_quorum(poll) else ""),
    )
    return tuple((what, value, step) for (what, value), step in zip(values, STEPS, strict=False))
