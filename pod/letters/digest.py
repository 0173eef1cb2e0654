"""The daily mail: what happened in polls, one block a poll, each with its link; as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from pod.actions.letters import Letter
from pod.actions.reading.decisions.digest import DigestPoll
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
    needs = sum(one.needs for one in told.polls)
    subject = (
        say.many(
            "%(count)s decision needs you at %(pod)s", "%(count)s decisions need you at %(pod)s", needs, pod=told.pod
        )
        if needs
        else say("Decisions at %(pod)s", pod=told.pod)
    )
    blocks = [(_title(say, one), _sentence(say, one), _url(told.base, one)) for one in told.polls]
    ending = (
        say("You get this mail at most once a day, and only when something happened."),
        say("Choose the hour: %(address)s", address=told.choose),
        say("Stop it: %(address)s", address=told.stop),
    )
    text = "\n\n".join([say("Hello %(name)s,", name=told.name), *("\n".join(block) for block in blocks), *ending])
    html = Markup("").join(
        [
            Markup("<p>{}</p>").format(say("Hello %(name)s,", name=told.name)),
            *(
                Markup('<h2><a href="{}">{}</a></h2><p>{}</p>').format(url, title, sentence)
                for title, sentence, url in blocks
            ),
            *(Markup("<p>{}</p>").format(line) for line in ending),
        ]
    )
    whole = Markup('<!doctype html><html lang="{}"><body>{}</body></html>').format(say.language, html)
    return Letter(subject, text + "\n", str(whole), told.stop)


def _title(say: Translator, one: DigestPoll) -> str:
    if not one.title:
        return say("A poll in %(group)s", group=one.group_name) if one.group_name else say("A poll in a private group")
    return say("%(title)s, in %(group)s", title=one.title, group=one.group_name)


def _sentence(say: Translator, one: DigestPoll) -> str:
    if one.needs:
        return say("You can vote until %(until)s.", until=say.moment(one.until))
    match one.what:
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


def _url(base: str, one: DigestPoll) -> str:
    return f"{base}/g/{one.group}/polls/{one.poll}"
