"""The mail that says that a file of other software is worked through. It names nobody of whom the file told."""

from __future__ import annotations

from pod.actions.letters import Letter
from pod.translations import Translator


def import_letter(say: Translator, name: str, pod: str, taken: int, of: int, page: str) -> Letter:
    """To whom brought it; `taken`: how many of its rows came to something."""
    lines = (
        say("Hello %(name)s,", name=name),
        say("the file that you brought to %(pod)s is worked through.", pod=pod),
        say("Taken: %(taken)s of %(of)s.", taken=say.number(taken), of=say.number(of)),
        say("This page says what came of it, and why the rest did not:"),
        page,
    )
    return Letter(say("Your import at %(pod)s is done", pod=pod), "\n\n".join(lines) + "\n")
