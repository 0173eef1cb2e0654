"""Step 2: which kind of poll it is, told by when to use it, and the options that it has."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from pod.actions.decisions.typed_polls import TypedOption, TypedPoll, WizardKind
from pod.deps import Deps
from pod.translations import Translator
from pod.web.asking.asked import AskedGroup
from pod.web.asking.typed_poll import WITHOUT_OPTIONS, check_kind

FEWEST_ROWS: Final = 3
REMOVE: Final = "remove-"


class KindForm(msgspec.Struct, frozen=True):
    """The fields of the step; the four of an option are lists of one length. `do`: next, add, or remove-3."""

    kind: WizardKind = ""
    option: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    proposing: bool = False
    do: str = ""


class KindCard(msgspec.Struct, frozen=True):
    """A kind: its name, when to use it, what it decides."""

    kind: WizardKind
    name: str
    use: str
    decides: str


class KindView(msgspec.Struct, frozen=True):
    """What the step shows; without `rows` the kind isn't chosen yet, or has no options."""

    cards: tuple[KindCard, ...]
    rows: tuple[tuple[int, TypedOption], ...]
    dated: bool
    may_propose: bool


def typed_kind(poll: TypedPoll, form: KindForm, _: int) -> TypedPoll:
    """The poll with what the step asked, after the button was pressed."""
    options = list(poll.options)
    if form.option:
        blank = ("",) * len(form.option)
        rows = zip(form.option, form.more or blank, form.start or blank, form.end or blank, strict=False)
        options = [TypedOption(*row) for row in rows]
    if form.do == "add":
        options.append(TypedOption())
    if form.do.startswith(REMOVE) and form.do.removeprefix(REMOVE).isdecimal():
        options = [one for number, one in enumerate(options, 1) if number != int(form.do.removeprefix(REMOVE)[:4])]
    return replace(poll, kind=form.kind, options=tuple(options), proposing=form.proposing)


def asks_more(before: TypedPoll, poll: TypedPoll) -> bool:
    """Whether another kind was chosen now, whose options are to be asked for."""
    return before.kind != poll.kind and poll.kind not in WITHOUT_OPTIONS


async def check_step(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> None:
    """Refuse what lacks a kind or options."""
    assert deps
    assert asked
    check_kind(poll)


async def show_kind(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> KindView:
    """The step."""
    assert deps
    rows: tuple[tuple[int, TypedOption], ...] = ()
    if poll.kind not in WITHOUT_OPTIONS:
        shown = (*poll.options, *[TypedOption()] * (FEWEST_ROWS - len(poll.options)))
        rows = tuple(enumerate(shown, 1))
    return KindView(
        cards=kind_cards(asked.say),
        rows=rows,
        dated=poll.kind == "date",
        may_propose=poll.kind in ("score", "ranking", "approval"),
    )


def kind_cards(say: Translator) -> tuple[KindCard, ...]:
    """All kinds that can be asked for."""
    return (
        KindCard(
            "predictions",
            say("Score poll with predictions"),
            say("Use when the choice matters and its effects are uncertain. Members propose, predict and bet first."),
            say("Each proposal gets 0 to 100 from each voter; the highest sum wins."),
        ),
        KindCard(
            "score",
            say("Score poll"),
            say("Use when there are several options and it matters how much people like each."),
            say("Each option gets 0 to 100 from each voter; the highest sum wins."),
        ),
        KindCard(
            "ranking",
            say("Ranking"),
            say("Use when one of several options must win, and people can say which they like better."),
            say("Voters put options in order; the one that beats every other wins (Schulze's method)."),
        ),
        KindCard(
            "approval",
            say("Approval"),
            say("Use when several options are good enough and you want the one that most people can live with."),
            say("Voters tick all that they approve of; the most ticks win."),
        ),
        KindCard(
            "for-against",
            say("For or against"),
            say("Use when there is one proposal to accept or reject."),
            say("It is accepted if more are for it than against it."),
        ),
        KindCard(
            "date",
            say("Date"),
            say("Use when you look for a time that suits most."),
            say("Voters tick the times that suit them; the most ticks win, then the earliest."),
        ),
    )


def kind_name(say: Translator, kind: str) -> str:
    """What a kind is called."""
    return next((card.name for card in kind_cards(say) if card.kind == kind), "")
