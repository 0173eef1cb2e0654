"""The mails that the pod sends to people, in their language. No subject line holds a code or a link."""

from __future__ import annotations

from pod.actions.letters import Letter
from pod.translations import Translator


def sign_in_letter(say: Translator, pod: str, name: str, code: str) -> Letter:
    """A code for signing in."""
    return _letter(
        say("Your code for %(pod)s", pod=pod),
        say("Hello %(name)s,", name=name),
        say("this is your code for signing in at %(pod)s. It works once, for ten minutes:", pod=pod),
        _code(code),
        say("If you didn't ask for it, do nothing: nobody can sign in without it. Never give it to anybody."),
    )


def sign_up_letter(say: Translator, pod: str, code: str) -> Letter:
    """A code that proves an address."""
    return _letter(
        say("Your code for %(pod)s", pod=pod),
        say("Somebody, we hope you, wants an account at %(pod)s with this address.", pod=pod),
        say("Type this code there within ten minutes:"),
        _code(code),
        say("If it wasn't you, do nothing: nothing is opened without the code."),
    )


def known_letter(say: Translator, pod: str, url: str, name: str) -> Letter:
    """Instead of a code: this address has an account."""
    return _letter(
        say("You have an account at %(pod)s", pod=pod),
        say("Somebody, perhaps you, wanted a new account at %(pod)s with this address.", pod=pod),
        say("But you have one already. Its name is %(name)s; sign in here:", name=name),
        f"{url}/sign-in",
        say("If it wasn't you, do nothing: nothing was opened."),
    )


def address_letter(say: Translator, pod: str, code: str) -> Letter:
    """A code that proves an address that somebody signed in wants mail at."""
    return _letter(
        say("Your code for %(pod)s", pod=pod),
        say("Type this code at %(pod)s within ten minutes, and your mail goes to this address:", pod=pod),
        _code(code),
        say("If you didn't ask for it, do nothing. Never tell the code to anybody."),
    )


def confirm_letter(say: Translator, pod: str, code: str) -> Letter:
    """A code for a change that needs a fresh proof."""
    return _letter(
        say("Your code for %(pod)s", pod=pod),
        say("Somebody signed in as you at %(pod)s wants to change something that needs a proof.", pod=pod),
        say("This code works once, for ten minutes:"),
        _code(code),
        say("If it isn't you, type it nowhere: sign in, end all other sessions, and tell those who run the pod."),
    )


def moved_letter(say: Translator, pod: str, name: str) -> Letter:
    """To the former address: mail goes elsewhere now."""
    return _letter(
        say("Your address at %(pod)s was changed", pod=pod),
        say("Hello %(name)s,", name=name),
        say("mail for your account at %(pod)s goes to another address from now on.", pod=pod),
        say("If it wasn't you, write to those who run the pod at once."),
    )


def _code(code: str) -> str:
    half = len(code) // 2
    return f"    {code[:half]} {code[half:]}"


def _letter(subject: str, *paragraphs: str) -> Letter:
    return Letter(subject, "\n\n".join(paragraphs) + "\n")
