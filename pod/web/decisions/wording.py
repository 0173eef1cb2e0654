"""What pages call polls, their kinds and their rules, and why a ballot wouldn't count. This file decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from decisions.phases import PollTimes
from pod.actions.decisions.voters import Bar
from pod.actions.reading.decisions.poll_words import VisibleOption
from pod.actions.reading.decisions.polls import VisiblePoll
from pod.translations import Translator
from pod.web.decisions.status_sentence import relative
from protocol.records.content import NO, YES, Quorum


def kind_name(say: Translator, kind: str) -> str:
    """What a kind of poll is called."""
    names = {
        "score": say("scores"),
        "ranking": say("ranking"),
        "approval": say("approval"),
        "for-against": say("for or against"),
        "date": say("finding a date"),
    }
    return names.get(kind, kind)


def poll_title(say: Translator, poll: VisiblePoll) -> str:
    """The poll's title, or that it isn't shown here."""
    return say("A poll whose words this pod doesn't show") if poll.withheld else poll.title


def option_name(say: Translator, poll: VisiblePoll, option: str) -> str:
    """What an option of this poll is called; a number where its words aren't shown."""
    if option in (YES, NO):
        return say("For") if option == YES else say("Against")
    found = [(place, one) for place, one in enumerate(poll.options, start=1) if one.id == option]
    if not found or found[0][1].withheld:
        return say("Option %(number)s", number=found[0][0] if found else 0)
    shown = found[0][1]
    if shown.start is not None and shown.title == date_title(shown.start):
        return say.moment(shown.start)
    return shown.title


def date_title(at_ms: int) -> str:
    """What a date is called in its poll where nobody named it; readers see it as their language writes times."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def chosen_sentence(say: Translator, poll: VisiblePoll) -> str:
    """What the poll chose, for lists; empty while that isn't known, and where its words aren't shown."""
    if poll.chosen is None or poll.withheld:
        return ""
    if poll.kind == "for-against":
        return say("It is accepted.") if YES in poll.chosen else say("It isn't accepted.")
    if not poll.chosen:
        return say("Nothing was chosen.")
    shown = next((one for one in poll.options if one.id == poll.chosen[0]), None)
    if shown is None or shown.withheld:
        return say("A proposal was chosen whose words this pod doesn't show.")
    return say("Chosen: %(name)s", name=option_name(say, poll, shown.id))


def when(say: Translator, option: VisibleOption) -> str:
    """A date's beginning and end; empty for an option that has none."""
    if option.start is None:
        return ""
    if option.end is None:
        return say.moment(option.start)
    return say("%(start)s until %(end)s", start=say.moment(option.start), end=say.moment(option.end))


def bar_sentences(say: Translator, bar: Bar) -> tuple[str, str]:
    """Why the reader's ballot wouldn't count, and what they can do."""
    match bar:
        case Bar.JOINED_LATER:
            return (
                say("Your vote wouldn't count: you became a member after this poll was opened."),
                say("Nobody joins a roll later. In polls that open from now on you are on it."),
            )
        case Bar.WEIGHT:
            return (
                say("Your vote wouldn't count: when this poll was opened you had too little weight to vote."),
                say("A member with more weight can give you some; it counts in polls that open afterwards."),
            )
        case Bar.SILENT:
            return (
                say("Your vote wouldn't count: in the year before this poll opened you did nothing in the group."),
                say("Write something, or say that you are still here, and you are on the rolls of the next year."),
            )
        case Bar.RECOVERED:
            return (
                say("Your vote wouldn't count: your key was recovered after this poll was opened."),
                say(
                    "That keeps a thief of your recovery words out. In polls that open from now on you vote as before."
                ),
            )
        case Bar.LOCKED:
            return (
                say("🔒 You are a delegate, and delegates are frozen until the poll ends."),
                say("What you said before the lock counts. Those who follow you can still vote themselves."),
            )


def rules_of(say: Translator, poll: VisiblePoll, *, by_weight: bool) -> Iterator[str]:
    """How the poll is counted, sentence by sentence."""
    yield {
        "score": say(
            "Everybody gives each option 0 to 100. The highest sum wins, if it is above 0. No opinion adds nothing to"
            " the sum and is left out of the mean."
        ),
        "ranking": say(
            "Everybody puts the options in an order; what they leave out comes last. An option wins if more voters"
            " prefer it to each other one, and if there is a circle, by the strongest paths (Schulze)."
        ),
        "approval": say("Everybody approves of as many options as they like. The one with most voices wins."),
        "for-against": say("It is accepted if more voices are for it than against it."),
        "date": say(
            "Everybody ticks all dates that suit them. The one with most voices wins, of several the earliest."
        ),
    }[poll.kind]
    yield quorum_sentence(say, poll.quorum)
    yield say("Blank counts for the quorum and gives no option anything. Not voting is something else.")
    yield say(
        "Who doesn't vote can have their vote follow delegates they chose; one's own ballot always goes before that."
    )
    if poll.times is not None:
        yield from _time_rules(say, poll, poll.times)
    yield say("The last ballot before the end counts.")
    yield say("Each vote counts its member's weight.") if by_weight else say("Each member has one vote.")


def _time_rules(say: Translator, poll: VisiblePoll, times: PollTimes) -> Iterator[str]:
    yield say(
        "Delegates are frozen at %(moment)s 🔒. Everybody else votes, changes and withdraws until the end.",
        moment=say.moment(times.lock_at),
    )
    if poll.lengths.contest:
        yield say(
            "The result is provisional for %(time)s after the end. Within that time somebody whose account was stolen"
            " can void their ballot.",
            time=relative(say, poll.lengths.contest),
        )


def quorum_sentence(say: Translator, quorum: Quorum) -> str:
    """How many have to be counted."""
    if quorum.percent is not None and quorum.number is not None:
        return say(
            "Valid if %(percent)s per cent of the roll are counted, or %(number)s.",
            percent=say.number(quorum.percent),
            number=say.number(quorum.number),
        )
    if quorum.percent is not None:
        return say("Valid if %(percent)s per cent of the roll are counted.", percent=say.number(quorum.percent))
    if quorum.number is not None:
        return say("Valid if %(number)s are counted.", number=say.number(quorum.number))
    return say("Valid however many vote, if anybody does.")
