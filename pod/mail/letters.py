"""A mail as a value, and as the message that goes out: whatever stands in it, it has the headers that are meant."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Final

import idna
import msgspec

from pod.rules.mails import MailRule

# Printable ASCII without what ends or nests an address in a header or in SMTP (RFC 5321, a dot-string at most).
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LITERAL: Final = re.compile(r"\[[0-9A-Fa-f.:]+\]")
LONGEST_ADDRESS: Final = 254
LONGEST_LOCAL: Final = 64
LONGEST_SUBJECT: Final = 200


class Mail(msgspec.Struct, frozen=True):
    """A plain text for one address. No codes or links in the subject: it is kept for the admins."""

    to: str
    subject: str
    text: str


def mail_address(text: str) -> str:
    """The one address that `text` is, its domain in ASCII; raises BadAddressError for anything else."""
    local, at, domain = text.rpartition("@")
    if not at or len(text) > LONGEST_ADDRESS or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        raise MailRule.NOT_A_MAIL_ADDRESS.error()
    if _LITERAL.fullmatch(domain):
        return text
    try:
        # IDNA ends the domain at the first character that no host name has: blanks and line ends too.
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError as error:
        raise MailRule.NO_MAIL_DOMAIN.error() from error


def written(mail: Mail, sender: str, *, now: int, token: str) -> EmailMessage:
    """The message, its lines ended as SMTP demands; `now` in ms, `token` makes its id unique."""
    message = EmailMessage(policy=SMTP)
    message["From"] = mail_address(sender)
    message["To"] = mail_address(mail.to)
    message["Subject"] = " ".join(mail.subject.split())[:LONGEST_SUBJECT]
    message["Date"] = formatdate(now / 1000)
    message["Message-ID"] = f"<{token}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
