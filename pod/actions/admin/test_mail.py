"""A mail that an operator or admin tries out: what the mail server says comes back word for word, yes or no."""

from __future__ import annotations

import msgspec

from pod.deps import Deps
from pod.mail import Mail, MailError


class Tried(msgspec.Struct, frozen=True):
    """The result of a test mail: whether it was sent, and the mail server's own answer."""

    ok: bool
    answer: str


async def try_mail(deps: Deps, address: str) -> Tried:
    """Send a mail to this address; raises BadAddressError if it isn't an address."""
    text = f"{deps.identity.base_url} can send mail to you. Nobody needs to answer this.\n"
    try:
        sent = await deps.outside.mailer.send(Mail(address, "A test by your pod", text))
    except MailError as error:
        return Tried(ok=False, answer=error.answer)
    return Tried(ok=True, answer=sent.answer)
