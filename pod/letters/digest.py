"""The daily mail: what happened in polls, one block a poll, each with its link; as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pod.actions.letters import Letter
from pod.actions.reading.decisions.digest import DigestPoll, WhyTold
from pod.actions.reading.decisions.needs import Need
from pod.letters.blocks import LetterBlock, letter_of
from pod.translations import Translator


class DigestOf(msgspec.Struct, frozen=True):
    """Whose mail it is, of which pod. `stop`: the address by which it is stopped; `choose`: where it is set."""

    pod: str
    name: str
    base: str
    stop: str
    choose: str
    polls: Sequence[DigestPoll]


def digest_letter(say: Translator, told: DigestOf) -> Letter:
    """The mail; never empty, for nobody is sent one without polls."""
    needs = sum(one.need is not None for one in told.polls)
    subject = (
        say.many(
            "%(count)s decision needs you at %(pod)s", "%(count)s decisions need you at %(pod)s", needs, pod=told.pod
        )
        if needs
        else say("Decisions at %(pod)s", pod=told.pod)
    )
    blocks = [
        LetterBlock(_title(say, one), _sentence(say, one), _url(told.base, one), _because(say, one))
        for one in told.polls
    ]
    ending = (
        say("You get this mail at most once a day, and only when something happened."),
        say("Choose the hour: %(address)s", address=told.choose),
        say("Stop it: %(address)s", address=told.stop),
    )
    return letter_of(say, subject, told.name, blocks, ending, told.stop)


def _title(say: Translator, one: DigestPoll) -> str:
    if not one.title:
        return say("A poll in %(group)s", group=one.group_name) if one.group_name else say("A poll in a private group")
    return say("%(title)s, in %(group)s", title=one.title, group=one.group_name)


def _sentence(say: Translator, one: DigestPoll) -> str:
    match one.need:
        case Need.VOTE:
            return say("You can vote until %(until)s.", until=say.moment(one.until))
        case Need.BET:
            return say("Some predictions lack your bets, which are taken until %(until)s.", until=say.moment(one.until))
        case Need.EVALUATE:
            return say("Say whether what was predicted came true.")
        case None:
            return _happened(say, one)


def _happened(say: Translator, one: DigestPoll) -> str:
    match one.what:
        case "delegate":
            return say("A delegate that you follow voted on %(at)s. No mail says how.", at=say.moment(one.at))
        case "opened":
            return say("It was asked on %(at)s.", at=say.moment(one.at))
        case "proposals":
            return say("Proposals are taken since %(at)s.", at=say.moment(one.at))
        case "predictions":
            return say("Predictions are taken since %(at)s.", at=say.moment(one.at))
        case "bets":
            return say("Bets are taken since %(at)s.", at=say.moment(one.at))
        case "voting":
            return say("Voting began on %(at)s.", at=say.moment(one.at))
        case _:
            return say("The votes are counted since %(at)s.", at=say.moment(one.at))


def _because(say: Translator, one: DigestPoll) -> str:
    """Why the reader is told of this poll."""
    name = {"what": one.because, "group": one.group_name}
    match one.why:
        case WhyTold.ROLL:
            return say("You are told because you are on the roll of this poll.")
        case WhyTold.POLL:
            return say("You are told because you follow this poll.")
        case WhyTold.AREA | WhyTold.DELEGATE if one.because:
            return say("You are told because you follow %(what)s in %(group)s.", **name)
        case WhyTold.AREA:
            return say("You are told because you follow its subject area.")
        case WhyTold.DELEGATE:
            return say("You are told because you follow a delegate who votes in it.")


def _url(base: str, one: DigestPoll) -> str:
    return f"{base}/g/{one.group}/polls/{one.poll}"
