"""What feeds say of a poll's phase, in a language."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from pod.actions.reading.decisions.calendar import ChosenDate, Phases, PollPhase
from pod.feeds.atom import Feed, FeedEntry
from pod.feeds.ical import CalendarEvent
from pod.translations import Translator

MOST_ENTRIES: Final = 100


def feed_title(say: Translator, phases: Phases) -> str:
    """What a calendar is called in somebody's list of calendars."""
    return say("Decisions of %(group)s", group=phases.name) if phases.name else say("Decisions of my groups")


def event_of(say: Translator, base: str, phase: PollPhase) -> CalendarEvent:
    """A phase in a calendar. Its name stays the same, so a phase that moves doesn't stand there twice."""
    url = _url(base, phase)
    return CalendarEvent(
        uid=f"{phase.poll}-{phase.round}-{phase.phase}@{urlsplit(base).hostname}",
        sequence=phase.moves,
        made=phase.start,
        start=phase.start,
        end=phase.end,
        summary=_named(say, phase),
        text=f"{phase.group_name}\n{url}",
        url=url,
        category=phase.group_name,
    )


def date_event(say: Translator, base: str, date: ChosenDate) -> CalendarEvent:
    """A date that a group chose, in a calendar: tentative while it can be contested."""
    url = _url(base, date)
    title = date.title or say("a poll")
    return CalendarEvent(
        uid=f"{date.poll}-date@{urlsplit(base).hostname}",
        sequence=date.moves,
        made=date.start,
        start=date.start,
        end=date.end,
        summary=f"{title}: {date.called}" if date.called else title,
        text=f"{date.group_name}\n{url}",
        url=url,
        category=date.group_name,
        status="CONFIRMED" if date.final else "TENTATIVE",
    )


def feed_of(say: Translator, base: str, path: str, phases: Phases, *, now: int) -> Feed:
    """The phases that have begun, the newest first."""
    begun = sorted((one for one in phases.phases if one.start <= now), key=lambda one: -one.start)
    entries = [
        FeedEntry(
            id=f"{_url(base, one)}#{one.round}-{one.phase}",
            title=_named(say, one),
            at=one.start,
            author=one.group_name,
            url=_url(base, one),
            text=say("In %(group)s, until %(end)s.", group=one.group_name, end=say.moment(one.end)),
        )
        for one in begun[:MOST_ENTRIES]
    ]
    page = f"{base}{path.rpartition('.')[0]}" if phases.name else f"{base}/groups"
    # The address of one's own feed holds its secret, so the feed's name, which readers pass on, is another one.
    name = f"{base}{path}" if phases.name else f"{base}/feeds/decisions"
    return Feed(name, feed_title(say, phases), f"{base}{path}", page, say.language, 0, entries)


def _url(base: str, phase: PollPhase | ChosenDate) -> str:
    return f"{base}/g/{phase.group}/polls/{phase.poll}"


def _named(say: Translator, phase: PollPhase) -> str:
    title = phase.title or say("a poll")
    if phase.round > 1:
        title = say("%(title)s (round %(round)s)", title=title, round=say.number(phase.round))
    match phase.phase:
        case "proposals":
            return say("Proposals: %(title)s", title=title)
        case "predictions":
            return say("Predictions: %(title)s", title=title)
        case "bets":
            return say("Bets: %(title)s", title=title)
        case "voting":
            return say("Voting: %(title)s", title=title)
        case _:
            return say("May be contested: %(title)s", title=title)
