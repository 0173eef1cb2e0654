"""Letters, before it is known to whom they go: pages write them in the reader's language, actions post them.

A letter's subject holds no code and no link, for admins see it.
"""

from __future__ import annotations

import msgspec

from pod.deps import Deps
from pod.mail import Mail


class Letter(msgspec.Struct, frozen=True):
    """A subject and a plain text."""

    subject: str
    text: str


def post(deps: Deps, to: str, letter: Letter) -> None:
    """Have it sent soon; whether it is, the answer to a request doesn't tell."""
    deps.outside.mailer.post(Mail(to, letter.subject, letter.text))


async def send(deps: Deps, to: str, letter: Letter) -> str:
    """Send it now: the mail server's word. Raises BadAddressError or MailError. Not inside an action."""
    return (await deps.outside.mailer.send(Mail(to, letter.subject, letter.text))).answer
