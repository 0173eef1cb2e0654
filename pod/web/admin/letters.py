"""The mails that admins send to people who sign up: yes, no with a reason, or a question; in the person's language."""

from __future__ import annotations

from pod.actions.letters import Letter
from pod.translations import Translator


def accepted_letter(say: Translator, pod: str, name: str, url: str) -> Letter:
    """Yes, and the link that opens the account."""
    return _letter(
        say("Welcome to %(pod)s", pod=pod),
        say("Hello %(name)s,", name=name),
        say("you are welcome at %(pod)s. Open your account here, within fourteen days:", pod=pod),
        url,
        say("Have pen and paper at hand: 24 words are shown, once."),
    )


def rejected_letter(say: Translator, pod: str, name: str, reason: str) -> Letter:
    """No, and why."""
    return _letter(
        say("Your sign-up at %(pod)s", pod=pod),
        say("Hello %(name)s,", name=name),
        say("those who run %(pod)s don't open an account for you. They write:", pod=pod),
        reason,
        say("What you wrote is dropped after 30 days. You may sign up again, or at another pod."),
    )


def question_letter(say: Translator, pod: str, name: str, question: str, url: str) -> Letter:
    """A question, and the link to its answer."""
    return _letter(
        say("A question about your sign-up at %(pod)s", pod=pod),
        say("Hello %(name)s,", name=name),
        say("those who run %(pod)s ask, before they say yes or no:", pod=pod),
        question,
        say("Answer here, within fourteen days:"),
        url,
    )


def _letter(subject: str, *paragraphs: str) -> Letter:
    return Letter(subject, "\n\n".join(paragraphs) + "\n")
