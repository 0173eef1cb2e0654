"""The mail that tells somebody that a server may read their account. No subject holds a code or a link."""

from __future__ import annotations

from pod.actions.letters import Letter
from pod.translations import Translator


def grant_letter(say: Translator, url: str, name: str, host: str) -> Letter:
    """Somebody allowed another server to copy the account."""
    return Letter(
        say("%(host)s may read your account", host=host),
        "\n\n".join(
            (
                say("Hello %(name)s,", name=name),
                say(
                    "somebody signed in as you at %(pod)s has just let %(host)s copy your account.", pod=url, host=host
                ),
                say("It can read what was ticked. It can neither sign anything nor open your private groups."),
                say("If it wasn't you, end it here, and end all other sessions:"),
                f"{url}/settings/grants",
            )
        )
        + "\n",
    )
