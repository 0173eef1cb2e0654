"""The page of a poll: where it stands, whether one's vote will count, what is asked, and how it is counted."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.ballot_receipts import BallotReceipt
from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.plots.phase_timeline import Timeline, phase_timeline
from pod.plots.plot import Plot
from pod.translations import Translator
from pod.web.decisions.ballot_words import fate_view
from pod.web.decisions.feed_links import FeedLinks, feed_links
from pod.web.decisions.phase_words import PhaseView, forecast_words, option_notes, option_text, phase_view
from pod.web.decisions.poll_header import PollHeader, header_of, load_page_and_receipt, will_count
from pod.web.decisions.result import ResultView, earlier_plots, result_view
from pod.web.decisions.wording import kind_name, option_name, poll_title, rules_of, when
from pod.web.kit.follow_button import FollowButton, load_follow_button
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of
from protocol.records.content import NO, YES, Paragraph

routes = web.RouteTableDef()
Link = tuple[str, str]


class OptionView(msgspec.Struct, frozen=True):
    """Something to choose; `when` is of a date, `note` of a proposal, `forecasts` of what follows from it."""

    name: str
    text: str
    when: str
    note: str
    forecasts: tuple[str, ...] = ()


class PollView(msgspec.Struct, frozen=True, kw_only=True):
    """The page of a poll. `counts`: whether the reader's vote will count; `remedy`: what they can do if not.

    `press`: where to vote and what that is called; empty where the reader can't. `mine`: what became of the reader's
    ballot, its tone, and the address of its receipt. `earlier`: what votings came to before the one that goes on.
    """

    header: PollHeader
    timeline: Timeline | None
    counts: str
    remedy: str
    press: Link
    mine: tuple[str, str, str]
    result: ResultView | None
    earlier: tuple[Plot, ...]
    phase: PhaseView
    sign_in: bool
    withheld: bool
    paragraphs: tuple[Paragraph, ...]
    options: tuple[OptionView, ...]
    own_order: bool
    open: bool
    about: Link
    goal: tuple[str, Link]
    facts: tuple[Link, ...]
    follow: FollowButton | None
    rules: tuple[str, ...]
    feeds: FeedLinks


@routes.get("/g/{group}/polls/{poll}")
@contract("reader", media_type=HTML)
async def get_poll_page(request: web.Request) -> web.Response:
    """A poll: where it stands, whether one's vote will count, what is asked, how it is counted."""
    seen, receipt = await load_page_and_receipt(request)
    view = _view(request, seen, receipt)
    follow = await load_follow_button(request, seen.group, "poll", seen.sight.poll.id, view.header.title)
    return render(request, "decisions/poll.html", msgspec.structs.replace(view, follow=follow))


def _view(request: web.Request, seen: PollPageSight, receipt: BallotReceipt | None) -> PollView:
    say, poll, status = say_of(request), seen.sight.poll, seen.sight.status
    now = request.app[DEPS].clock()
    header = header_of(say, seen, now)
    counts, remedy = will_count(say, seen)
    return PollView(
        header=header,
        timeline=phase_timeline(say, seen.rounds, now, key="poll") if seen.rounds else None,
        counts=counts,
        remedy=remedy,
        press=_press(say, seen, header.path),
        mine=_mine(say, receipt, header.path),
        result=result_view(say, seen, header.path),
        earlier=earlier_plots(say, seen),
        phase=phase_view(say, seen, header.path),
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
        follow=None,
        rules=tuple(rules_of(say, poll, by_weight=seen.by_weight)),
        feeds=feed_links(seen.group, seen.visibility, signed_in=reader_of(request) is not None),
    )


def _press(say: Translator, seen: PollPageSight, path: str) -> Link:
    can = seen.sight.status.can
    if can == "nothing" or seen.sight.poll.withheld:
        return "", ""
    return (say("Vote in this poll") if can == "vote" else say("Change your ballot")), f"{path}/vote"


def _mine(say: Translator, receipt: BallotReceipt | None, path: str) -> tuple[str, str, str]:
    if receipt is None or receipt.ballot.says.withdraw:
        return "", "", ""
    fate = fate_view(say, receipt)
    return fate.sentence, fate.tone, f"{path}/receipt"


def options_of(say: Translator, seen: PollPageSight) -> tuple[OptionView, ...]:
    """The poll's options, as this reader meets them."""
    poll = seen.sight.poll
    if poll.kind == "for-against":
        return tuple(OptionView(option_name(say, poll, one), "", "", "") for one in (YES, NO))
    options = {option.id: option for option in poll.options}
    return tuple(
        OptionView(
            option_name(say, poll, one),
            option_text(options[one]),
            when(say, options[one]),
            option_notes(say, seen, options[one]),
            forecast_words(say, seen, one),
        )
        for one in seen.order
    )


def _goal(say: Translator, seen: PollPageSight) -> tuple[str, Link]:
    goal = seen.sight.poll.goal
    if goal is None:
        return "", ("", "")
    to = (poll_title(say, seen.goal), f"/g/{seen.group}/polls/{seen.goal.id}") if seen.goal else ("", "")
    return goal.text, to


def _facts(say: Translator, seen: PollPageSight) -> list[Link]:
    facts = [(say("Kind"), kind_name(say, seen.sight.poll.kind))]
    facts += [(say("Areas"), ", ".join(seen.areas))] if seen.areas else []
    return facts
