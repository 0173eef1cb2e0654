"""Mails about what is decided in somebody's name. None says what was chosen, nor in which group.

A mail passes servers and lies in mailboxes that others may read.
"""

from __future__ import annotations

import msgspec

from pod.actions.letters import Letter
from pod.translations import Translator


class DecidedInName(msgspec.Struct, frozen=True):
    """So many decisions in somebody's name, the first at `since` (ms); `link` is for who didn't make them."""

    pod: str
    name: str
    count: int
    since: int
    link: str


def token_letter(say: Translator, pod: str, code: str) -> Letter:
    """A code with which a program proves that its person is there."""
    half = len(code) // 2
    return Letter(
        say("Your code for %(pod)s", pod=pod),
        _text(
            say("A program that has an API token of yours at %(pod)s wants to vote or delegate in your name.", pod=pod),
            say("If you started it, give it this code. It works once, for ten minutes:"),
            f"    {code[:half]} {code[half:]}",
            say("If it isn't you, give the code to nobody: sign in and revoke the token."),
        ),
    )


def decided_letter(say: Translator, told: DecidedInName) -> Letter:
    """That somebody, we hope the reader, decided in the reader's name."""
    subject = say.many(
        "A vote or delegation in your name at %(pod)s",
        "%(count)s votes or delegations in your name at %(pod)s",
        told.count,
        pod=told.pod,
    )
    return Letter(
        subject,
        _text(
            say("Hello %(name)s,", name=told.name),
            say.many(
                "a vote or delegation was signed in your name on %(since)s. No mail repeats it.",
                "%(count)s votes or delegations were signed in your name since %(since)s. No mail repeats them.",
                told.count,
                since=say.moment(told.since),
            ),
            say("If it was you, there is nothing to do."),
            say("If it wasn't you, open this page and press its button:"),
            told.link,
            say(
                "That signs out every browser and program, and nothing more is decided in your name until you type "
                "your 24 words. The link works for two weeks."
            ),
            say("You get such a mail at most once an hour; what happens in between stands in the next one."),
        ),
    )


def _text(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs) + "\n"
