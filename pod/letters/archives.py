"""The mail that says that an archive is ready. It holds nothing of it, and no link that works for others."""

from __future__ import annotations

from pod.actions.letters import Letter
from pod.translations import Translator


def archive_letter(say: Translator, name: str, pod: str, page: str) -> Letter:
    """To whom asked for it."""
    lines = (
        say("Hello %(name)s,", name=name),
        say("the archive of your account at %(pod)s that you asked for is made.", pod=pod),
        say("Sign in and download it from this page, within a week:"),
        page,
        say("If you didn't ask for it, somebody else is signed in as you: end that session on the same pages."),
    )
    return Letter(say("Your archive at %(pod)s is ready", pod=pod), "\n\n".join(lines) + "\n")
