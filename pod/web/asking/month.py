"""A month of a group's polls: a calendar whose days lead to what ends on them, and the same as a list."""

from __future__ import annotations

import re
from calendar import Calendar
from datetime import UTC, date, datetime
from typing import Final

import msgspec
from aiohttp import web
from babel.dates import format_date, get_day_names

from pod.actions.reading.decisions.board import PhaseEnd, list_ends
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.decisions.feed_links import FeedLinks, feed_links
from pod.web.decisions.wording import poll_title
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of

routes = web.RouteTableDef()
MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
WEEK: Final = range(7)


class EndLine(msgspec.Struct, frozen=True):
    """Something that ends."""

    time: str
    what: str
    title: str
    href: str


class MonthDay(msgspec.Struct, frozen=True):
    """A day; of another month it has no number. `label` names it for who hears it."""

    number: int
    label: str
    ends: tuple[EndLine, ...]
    today: bool


class MonthView(msgspec.Struct, frozen=True):
    """The page."""

    frame: PageFrame
    title: str
    weekdays: tuple[tuple[str, str], ...]
    weeks: tuple[tuple[MonthDay, ...], ...]
    before: str
    after: str
    feeds: FeedLinks


@routes.get("/g/{group}/polls/calendar")
@contract("reader", media_type=HTML)
async def get_month(request: web.Request) -> web.Response:
    """What ends in the group's polls in one month, by day (UTC)."""
    seen, frame = await load_frame(request, "polls")
    deps, say, reader = request.app[DEPS], say_of(request), reader_of(request)
    today = datetime.fromtimestamp(deps.clock() / 1000, UTC).date()
    found = MONTH.fullmatch(request.query.get("month", ""))
    first = date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
    later = next_month(first)
    ends = await list_ends(deps, reader, frame.group, since=_ms(first), until=_ms(later))
    own = f"/g/{frame.group}/polls"
    view = MonthView(
        frame=frame,
        title=format_date(first, "LLLL y", locale=say.language),
        weekdays=_weekdays(say),
        weeks=_weeks(say, own, first, today, ends),
        before=f"{own}/calendar?month={_previous(first):%Y-%m}",
        after=f"{own}/calendar?month={later:%Y-%m}",
        feeds=feed_links(frame.group, seen.state.visibility, signed_in=reader is not None),
    )
    return render(request, "asking/calendar.html", view)


def next_month(first: date) -> date:
    """The first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _previous(first: date) -> date:
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _weekdays(say: Translator) -> tuple[tuple[str, str], ...]:
    short, long = (get_day_names(width, context="stand-alone", locale=say.language) for width in ("short", "wide"))
    return tuple((short[day], long[day]) for day in WEEK)


def _weeks(
    say: Translator, own: str, first: date, today: date, ends: tuple[PhaseEnd, ...]
) -> tuple[tuple[MonthDay, ...], ...]:
    by_day: dict[date, list[EndLine]] = {}
    for one in ends:
        at = datetime.fromtimestamp(one.at / 1000, UTC)
        line = EndLine(f"{at:%H:%M}", ended_name(say, one.phase), poll_title(say, one.poll), f"{own}/{one.poll.id}")
        by_day.setdefault(at.date(), []).append(line)
    return tuple(
        tuple(
            MonthDay(
                day.day, format_date(day, "EEEE d MMMM", locale=say.language), tuple(by_day.get(day, ())), day == today
            )
            if day.month == first.month
            else MonthDay(0, "", (), today=False)
            for day in week
        )
        for week in Calendar().monthdatescalendar(first.year, first.month)
    )


def ended_name(say: Translator, phase: str) -> str:
    """What ends."""
    return {
        "proposals": say("Last moment to propose"),
        "predictions": say("Last moment to predict"),
        "bets": say("Last moment to bet"),
        "voting": say("Last moment to vote"),
        "contest": say("The result is final"),
    }[phase]
