"""Letters without an address: pages write them in the reader's language, actions post them.

A letter's subject holds no code and no link, because admins see it.
"""

from __future__ import annotations

import msgspec

from pod.deps import Deps
from pod.mail import Mail


class Letter(msgspec.Struct, frozen=True):
    """A subject and a plain text; `html`: the same as HTML; `stop`: where all mails of this kind are stopped."""

    subject: str
    text: str
    html: str = ""
    stop: str = ""


def post(deps: Deps, to: str, letter: Letter) -> None:
    """Queue the letter to be sent soon. A request's answer doesn't tell whether a letter was posted."""
    deps.outside.mailer.post(Mail(to, letter.subject, letter.text, letter.html, letter.stop))


async def send(deps: Deps, to: str, letter: Letter, *, about: str = "") -> str:
    """Send the letter now; returns the mail server's answer. Raises BadAddressError or MailError.

    `about`: what tells it from all others, of a letter that may be sent twice; both then have one Message-ID.

    Call it outside of write actions.
    """
    own_id = deps.identity.keyring.keyed("mail", about).hex()[:32] if about else ""
    mail = Mail(to, letter.subject, letter.text, letter.html, letter.stop, own_id)
    return (await deps.outside.mailer.send(mail)).answer
