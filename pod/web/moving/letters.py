"""Mails about an account that another server may read, or to which it moves. No subject holds a code or a link."""

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


def switch_letter(say: Translator, url: str, name: str, host: str) -> Letter:
    """Somebody agreed that the account moves to another server."""
    return Letter(
        say("Your account moves to %(host)s", host=host),
        "\n\n".join(
            (
                say("Hello %(name)s,", name=name),
                say(
                    "somebody signed in as you at %(pod)s has just agreed that your account moves to %(host)s.",
                    pod=url,
                    host=host,
                ),
                say("It writes nothing meanwhile. When the move is done, you are at home there, and no longer here."),
                say("If it wasn't you, stop it here at once, and end all other sessions:"),
                f"{url}/settings/leaving",
            )
        )
        + "\n",
    )
