"""Hands a mail to the operator's mail server; what that says, yes or no, is given back word for word."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Final

import aiosmtplib
import msgspec

from pod.config import MailServer
from pod.errors import MailError
from pod.rules.mails import MailRule

STEP_SECONDS: Final = 20.0
LONGEST_SECONDS: Final = 45.0


class Sent(msgspec.Struct, frozen=True):
    """The mail server's answer to a mail that it took."""

    answer: str


async def send(server: MailServer, message: EmailMessage) -> Sent:
    """Give the server one message; raises MailError with its answer."""
    async with _answers_told(server), _client(server, message["From"].addresses[0].domain) as client:
        _, answer = await client.send_message(message)
    return Sent(answer)


async def greet(server: MailServer, name: str) -> Sent:
    """Greet the server as `name` and sign in with the password; raises MailError with its answer."""
    async with _answers_told(server), _client(server, name) as client:
        said = await client.noop()
    return Sent(f"{said.code} {said.message}")


def _client(server: MailServer, name: str) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=STEP_SECONDS,
        use_tls=server.security == "tls",
        # If the configured encryption fails, nothing is sent; never fall back to plain text.
        start_tls=server.security == "starttls",
        tls_context=None if server.security == "none" else ssl.create_default_context(),
        username=server.user or None,
        password=server.secret or None,
        # Given, so that the library doesn't look up this machine's own name.
        local_hostname=name,
    )


@asynccontextmanager
async def _answers_told(server: MailServer) -> AsyncIterator[None]:
    address = f"{server.host}:{server.port}"
    try:
        yield
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise MailError(
            MailRule.NOT_SENT, "; ".join(f"{one.code} {one.message}" for one in error.recipients)
        ) from error
    except aiosmtplib.SMTPResponseException as error:
        raise MailError(MailRule.NOT_SENT, f"{error.code} {error.message}") from error
    except TimeoutError as error:
        raise MailError(MailRule.NOT_SENT, f"{address} didn't answer in time.") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailError(MailRule.NOT_SENT, f"{address}: {error}") from error
