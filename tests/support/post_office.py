"""A mail server on loopback that keeps what it takes, and refuses what it is told to refuse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.rig import worker_number

PORT = 2525


class Post:
    """What came; `refuse` answers RCPT or DATA instead."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []
        self.refuse: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802  (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        envelope.rcpt_tos.append(address)
        return self.refuse.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        self.got.append(envelope)
        return self.refuse.get("DATA", "250 2.0.0 queued as 4711")

    def mails(self) -> list[Message]:
        return [message_from_bytes(envelope.original_content or b"") for envelope in self.got]


@asynccontextmanager
async def post_office(post: Post, **options: Any) -> AsyncIterator[tuple[str, int]]:
    """Serve; where it is reached."""
    host = f"127.77.{worker_number()}.25"
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(post, hostname=host, **options), host, PORT)
    try:
        yield host, PORT
    finally:
        server.close()
        await server.wait_closed()
