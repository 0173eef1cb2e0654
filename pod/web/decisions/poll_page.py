"""The page of a poll: where it stands, whether one's vote will count, what is asked, and how it is counted."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.poll_page import PollPageSight, read_poll_page
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.decisions.status_sentence import stage_name, status_parts
from pod.web.decisions.wording import bar_sentences, kind_name, option_name, poll_title, rules_of, when
from pod.web.group.wording import member_name
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import parse_id
from protocol.records.content import NO, YES, Paragraph

routes = web.RouteTableDef()
Link = tuple[str, str]


class OptionView(msgspec.Struct, frozen=True):
    """Something to choose; `when` is of a date."""

    name: str
    text: str
    when: str


class PollStep(msgspec.Struct, frozen=True):
    """A phase of the timeline; `state` is past, now or next."""

    name: str
    ends: str
    state: str
    word: str


class PollHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above every page of a poll; `status` are the parts of its sentence."""

    path: str
    group: Link
    title: str
    language: str
    byline: str
    status: tuple[str, ...]


class PollView(msgspec.Struct, frozen=True, kw_only=True):
    """The page of a poll. `counts`: whether the reader's vote will count; `remedy`: what they can do if not.

    `press`: where to vote and what that is called; empty where the reader can't.
    """

    header: PollHeader
    steps: tuple[PollStep, ...]
    counts: str
    remedy: str
    press: Link
    sign_in: bool
    withheld: bool
    paragraphs: tuple[Paragraph, ...]
    options: tuple[OptionView, ...]
    own_order: bool
    open: bool
    about: Link
    goal: tuple[str, Link]
    facts: tuple[Link, ...]
    rules: tuple[str, ...]


@routes.get("/g/{group}/polls/{poll}")
@contract("reader", media_type=HTML)
async def get_poll_page(request: web.Request) -> web.Response:
    """A poll: where it stands, whether one's vote will count, what is asked, how it is counted."""
    seen = await load_poll_page(request)
    return render(request, "decisions/poll.html", _view(request, seen))


async def load_poll_page(request: web.Request) -> PollPageSight:
    """The poll that the path names, for whoever asks; raises UnknownGroupError or NotFoundError."""
    group, poll = parse_id(request.match_info["group"]), parse_id(request.match_info["poll"])
    return await read_poll_page(request.app[DEPS], reader_of(request), group, poll)


def header_of(say: Translator, seen: PollPageSight, now: int) -> PollHeader:
    """What stands above the page."""
    poll = seen.sight.poll
    who = member_name(say, poll.author, seen.asker)
    return PollHeader(
        path=f"/g/{seen.group}/polls/{poll.id}",
        group=(seen.name, f"/g/{seen.group}/polls"),
        title=poll_title(say, poll),
        language=poll.language,
        byline=say("%(kind)s · asked by %(who)s", kind=kind_name(say, poll.kind), who=who),
        status=status_parts(say, seen.sight.status, now),
    )


def _view(request: web.Request, seen: PollPageSight) -> PollView:
    say, poll, status = say_of(request), seen.sight.poll, seen.sight.status
    header = header_of(say, seen, request.app[DEPS].clock())
    counts, remedy = will_count(say, seen)
    by_weight = status.by_weight
    return PollView(
        header=header,
        steps=tuple(_steps(say, seen)),
        counts=counts,
        remedy=remedy,
        press=_press(say, seen, header.path),
        sign_in=reader_of(request) is None,
        withheld=poll.withheld,
        paragraphs=poll.paragraphs,
        options=options_of(say, seen),
        own_order=seen.number is not None and len(poll.options) > 1 and poll.kind != "date",
        open=status.stage in ("proposals", "predictions", "bets", "voting"),
        about=(seen.about.title or say("a post"), f"/g/{seen.group}/posts/{seen.about.post}")
        if seen.about
        else ("", ""),
        goal=_goal(say, seen),
        facts=tuple(_facts(say, seen)),
        rules=tuple(rules_of(say, poll, by_weight=by_weight)),
    )


def will_count(say: Translator, seen: PollPageSight) -> tuple[str, str]:
    """Whether the reader's vote will count, and what they can do if it won't; empty once nobody votes any more."""
    status, sight = seen.sight.status, seen.sight
    if status.stage in ("ended", "counted", "provisional", "final"):
        return "", ""
    if seen.number is None:
        return say("Members of this group vote."), say("Join the group to vote in polls that open afterwards.")
    if sight.on_roll is None:
        return say("The roll is fixed when the poll opens: who then is a member with enough weight votes in it."), ""
    if sight.bar is not None:
        return bar_sentences(say, sight.bar)
    return (
        say("Your vote will count: you are on the roll of this poll."),
        say("When you cast it you are asked to prove who you are, if you haven't in the last twelve hours."),
    )


def _press(say: Translator, seen: PollPageSight, path: str) -> Link:
    can = seen.sight.status.can
    if can == "nothing" or seen.sight.poll.withheld:
        return "", ""
    return (say("Vote in this poll") if can == "vote" else say("Change your ballot")), f"{path}/vote"


def _steps(say: Translator, seen: PollPageSight) -> list[PollStep]:
    times, status = seen.sight.poll.times, seen.sight.status
    if times is None:
        return []
    over = status.stage in ("ended", "counted", "provisional", "final")
    found, state = [], "past"
    for phase, _, end in times.spans:
        if phase == "contest":
            continue
        if not over and phase == status.stage:
            state = "now"
        elif state == "now":
            state = "next"
        word = {"past": say("over"), "now": say("now"), "next": say("to come")}[state]
        found.append(PollStep(stage_name(say, phase), say.moment(end), state, word))
    return found


def options_of(say: Translator, seen: PollPageSight) -> tuple[OptionView, ...]:
    """The poll's options, as this reader meets them."""
    poll = seen.sight.poll
    if poll.kind == "for-against":
        return tuple(OptionView(option_name(say, poll, one), "", "") for one in (YES, NO))
    found = [poll.options[int(one)] for one in seen.order]
    return tuple(OptionView(option.title, option.text, when(say, option)) for option in found)


def _goal(say: Translator, seen: PollPageSight) -> tuple[str, Link]:
    goal = seen.sight.poll.goal
    if goal is None:
        return "", ("", "")
    to = (poll_title(say, seen.goal), f"/g/{seen.group}/polls/{seen.goal.id}") if seen.goal else ("", "")
    return goal.text, to


def _facts(say: Translator, seen: PollPageSight) -> list[Link]:
    poll = seen.sight.poll
    facts = [(say("Kind"), kind_name(say, poll.kind))]
    facts += [(say("Areas"), ", ".join(poll.areas))] if poll.areas else []
    if poll.times is not None:
        facts += [(say("Opened"), say.moment(poll.times.opened_at))]
        facts += [(say("Voting"), f"{say.moment(poll.times.voting_start)} – {say.moment(poll.times.voting_end)}")]
    return facts
