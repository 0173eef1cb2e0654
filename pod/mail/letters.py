"""A mail as a value, and as the message that goes out: whatever stands in it, it has the headers that are meant."""

from __future__ import annotations

import re
from email.headerregistry import HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import formatdate
from typing import Final

import idna
import msgspec

from moderation.clusters import beginning
from pod.errors import BadAddressError
from pod.rules.mails import MailRule

# Printable ASCII without characters that end or nest an address in a header or in SMTP (RFC 5321, a dot-string).
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LITERAL: Final = re.compile(r"\[[0-9A-Fa-f.:]+\]")
ENCODED_WORD: Final = "=?"  # an encoded word (RFC 2047), which the mail library decodes anywhere
LONGEST_ADDRESS: Final = 254
LONGEST_LOCAL: Final = 64
LONGEST_SUBJECT: Final = 200
UNSUBSCRIBE: Final = "List-Unsubscribe"


class Mail(msgspec.Struct, frozen=True):
    """A plain text to one address. The subject is kept for the admins, so it holds no codes or links.

    `html`: the same as HTML. `stop`: where a POST stops all mails of this kind (RFC 8058). `id`: what makes its
    Message-ID, of a mail that may be sent twice; empty: it is sent once.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    stop: str = ""
    id: str = ""


def mail_address(text: str) -> str:
    """The one address in the text, its domain in ASCII; raises BadAddressError for anything else.

    Refuses an address that the mail library reads differently: this pod checks, stores and compares its own reading,
    but the library decides who gets the mail.
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
        # IDNA refuses every character that a host name can't have, also blanks and line ends.
        return idna.encode(text, uts46=True).decode().removesuffix(".")
    except idna.IDNAError as error:
        raise MailRule.NO_MAIL_DOMAIN.error() from error


def _as_library_reads(address: str) -> list[str]:
    header = SMTP.header_factory("To", address)
    return [found.addr_spec for found in getattr(header, "addresses", ())]


def normal_address(typed: str) -> str:
    """The form in which addresses are stored, counted and compared; the same for all spellings of one address.

    It ignores the case of the part before the @, because in practice no server distinguishes it. Text that isn't an
    address is only trimmed and lower-cased.
    """
    try:
        return mail_address(typed).lower()
    except BadAddressError:
        return typed.strip().lower()


class AddressHeader(UniqueUnstructuredHeader):
    """A header that is an address in angle brackets: written as it is, for a program reads it (RFC 2369)."""

    def fold(self, *, policy: Policy) -> str:
        """One line, however long: the library would tear it apart, or encode it."""
        return f"{UNSUBSCRIBE}: {self}{policy.linesep}"


def _policy() -> EmailPolicy[EmailMessage]:
    known = HeaderRegistry()
    known.map_to_type(UNSUBSCRIBE.lower(), AddressHeader)  # type: ignore[arg-type]  # it gets its base class there
    return SMTP.clone(header_factory=known)


_POLICY: Final = _policy()


def written(mail: Mail, sender: str, *, now: int, token: str) -> EmailMessage:
    """The message, with line ends as SMTP demands; `now` in ms, `token` makes its id unique."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = mail_address(sender)
    message["To"] = mail_address(mail.to)
    message["Subject"] = beginning(" ".join(mail.subject.split()), LONGEST_SUBJECT)
    message["Date"] = formatdate(now / 1000)
    message["Message-ID"] = f"<{token}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.stop:
        message[UNSUBSCRIBE] = f"<{mail.stop}>"
        message[f"{UNSUBSCRIBE}-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message
