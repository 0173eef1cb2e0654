"""Mails that come at once: what polls need of the reader, what delegates did or didn't do. None says a choice."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from models.people.own_calls import NEEDS, STRANDED, VOTED
from pod.actions.letters import Letter
from pod.actions.reading.decisions.call_news import CallNews
from pod.letters.blocks import LetterBlock, letter_of
from pod.translations import Translator


class CallsOf(msgspec.Struct, frozen=True):
    """Whose mail it is, of which pod. `stop`: the address by which such mails stop; `choose`: where that is set."""

    pod: str
    name: str
    base: str
    stop: str
    choose: str
    news: Sequence[CallNews]


def call_letter(say: Translator, told: CallsOf) -> Letter:
    """The mail; never empty, for nobody is sent one without news."""
    needs = sum(one.kind in {*NEEDS, STRANDED} for one in told.news)
    subject = (
        say.many(
            "%(count)s decision needs you at %(pod)s", "%(count)s decisions need you at %(pod)s", needs, pod=told.pod
        )
        if needs
        else say("Your delegate at %(pod)s", pod=told.pod)
    )
    blocks = [
        LetterBlock(_title(say, one), _sentence(say, one), _url(told.base, one), _because(say, one))
        for one in told.news
    ]
    ending = (
        say("Such a mail comes at most once an hour, and tells each thing once."),
        say("Choose what you are mailed: %(address)s", address=told.choose),
        say("Stop it: %(address)s", address=told.stop),
    )
    return letter_of(say, subject, told.name, blocks, ending, told.stop)


def _title(say: Translator, one: CallNews) -> str:
    if one.poll is None:
        return (
            say("A delegate in %(group)s", group=one.group_name)
            if one.group_name
            else say("A delegate in a private group")
        )
    if not one.title:
        return say("A poll in %(group)s", group=one.group_name) if one.group_name else say("A poll in a private group")
    return say("%(title)s, in %(group)s", title=one.title, group=one.group_name)


def _sentence(say: Translator, one: CallNews) -> str:
    who = one.nickname or (say("no. %(number)s", number=one.delegate) if one.delegate else "")
    match one.kind:
        case "vote":
            return say("You can vote until %(until)s, and haven't yet.", until=say.moment(one.until))
        case "bet":
            return say("Some predictions lack your bets, which are taken until %(until)s.", until=say.moment(one.until))
        case "evaluate":
            return say("Say whether what was predicted came true, until %(until)s.", until=say.moment(one.until))
        case "stranded":
            return say(
                "Nobody to whom your list of delegates leads had voted when delegates were locked. "
                "You can vote yourself until %(until)s.",
                until=say.moment(one.until),
            )
        case "voted" if who:
            return say("Your delegate %(who)s has voted. Your own ballot would come first.", who=who)
        case "voted":
            return say("A delegate on your list has voted. Your own ballot would come first.")
        case _ if who:
            return say("%(who)s, who stands on your list, is a delegate no more.", who=who)
        case _:
            return say("Somebody who stands on your list is a delegate no more.")


def _because(say: Translator, one: CallNews) -> str:
    """Why the reader is told of this."""
    if one.kind in NEEDS:
        return say("You are told because you are on the roll of this poll.")
    if one.kind == STRANDED:
        return say("You are told because your list of delegates holds in this poll.")
    return say("You are told because your list of delegates names them.")


def _url(base: str, one: CallNews) -> str:
    """Where one can do something about it."""
    if one.poll is None:
        return f"{base}/g/{one.group}/delegation"
    path = f"{base}/g/{one.group}/polls/{one.poll}"
    return f"{path}/my-vote" if one.kind in {VOTED, STRANDED} else path
