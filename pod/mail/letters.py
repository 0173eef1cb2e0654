"""A mail as a value, and as the message that goes out: whatever stands in it, it has the headers that are meant."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Final

import idna
import msgspec

from moderation.clusters import beginning
from pod.errors import BadAddressError
from pod.rules.mails import MailRule

# Printable ASCII without what ends or nests an address in a header or in SMTP (RFC 5321, a dot-string at most).
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LITERAL: Final = re.compile(r"\[[0-9A-Fa-f.:]+\]")
ENCODED_WORD: Final = "=?"  # RFC 2047: the mail library decodes it wherever it stands
LONGEST_ADDRESS: Final = 254
LONGEST_LOCAL: Final = 64
LONGEST_SUBJECT: Final = 200


class Mail(msgspec.Struct, frozen=True):
    """A plain text for one address. No codes or links in the subject: it is kept for the admins."""

    to: str
    subject: str
    text: str


def mail_address(text: str) -> str:
    """The one address that `text` is, its domain in ASCII; raises BadAddressError for anything else.

    What the mail library would read in another way than we do is no address: ours is checked, kept and compared, but
    the library decides who gets the mail.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or len(text) > LONGEST_ADDRESS or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        raise MailRule.NOT_A_MAIL_ADDRESS.error()
    address = f"{local}@{_domain(domain)}"
    if ENCODED_WORD in local or _as_library_reads(address) != [address]:
        raise MailRule.NOT_A_MAIL_ADDRESS.error()
    return address


def _domain(text: str) -> str:
    if _LITERAL.fullmatch(text):
        return text
    try:
        # IDNA ends the domain at the first character that no host name has: blanks and line ends too.
        return idna.encode(text, uts46=True).decode().removesuffix(".")
    except idna.IDNAError as error:
        raise MailRule.NO_MAIL_DOMAIN.error() from error


def _as_library_reads(address: str) -> list[str]:
    header = SMTP.header_factory("To", address)
    return [found.addr_spec for found in getattr(header, "addresses", ())]


def normal_address(typed: str) -> str:
    """What all spellings of one address have in common, as addresses are kept, counted, looked up and compared.

    The part before the @ differs by case nowhere in practice. What is no address is compared as it was typed.
    """
    try:
        return mail_address(typed).lower()
    except BadAddressError:
        return typed.strip().lower()


def written(mail: Mail, sender: str, *, now: int, token: str) -> EmailMessage:
    """The message, its lines ended as SMTP demands; `now` in ms, `token` makes its id unique."""
    message = EmailMessage(policy=SMTP)
    message["From"] = mail_address(sender)
    message["To"] = mail_address(mail.to)
    message["Subject"] = beginning(" ".join(mail.subject.split()), LONGEST_SUBJECT)
    message["Date"] = formatdate(now / 1000)
    message["Message-ID"] = f"<{token}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
