"""Mails about what is decided in somebody's name. None says what was chosen, nor in which group.

A mail passes servers and lies in mailboxes that others may read.
"""

from __future__ import annotations

from pod.actions.letters import Letter
from pod.translations import Translator


def token_letter(say: Translator, pod: str, code: str) -> Letter:
    """A code with which a program proves that its person is there."""
    half = len(code) // 2
    return letter(
        say("Your code for %(pod)s", pod=pod),
        say("A program that has an API token of yours at %(pod)s wants to vote or delegate in your name.", pod=pod),
        say("If you started it, give it this code. It works once, for ten minutes:"),
        f"    {code[:half]} {code[half:]}",
        say("If it isn't you, give the code to nobody: sign in and revoke the token."),
    )


def letter(subject: str, *paragraphs: str) -> Letter:
    """A letter of paragraphs."""
    return Letter(subject, "\n\n".join(paragraphs) + "\n")
