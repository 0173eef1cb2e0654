"""A mail server on loopback that keeps what it takes, and refuses what it is told to refuse."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.rig import ServedPod, eventually, worker_number

PORT = 2525


class Post:
    """What came; `refuse` answers RCPT or DATA instead."""

    def __init__(self, *, slow_seconds: float = 0) -> None:
        self.slow_seconds = slow_seconds
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
        await asyncio.sleep(self.slow_seconds)
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


class PostOffice:
    """A mail server in a thread of its own, for tests whose pods are processes."""

    def __init__(self, *, slow_seconds: float = 0) -> None:
        self.post = Post(slow_seconds=slow_seconds)
        self.host, self.port = f"127.77.{worker_number()}.25", PORT
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._served = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(5)
        return self

    async def _serve(self) -> asyncio.Server:
        return await self._loop.create_server(lambda: SMTP(self.post, hostname=self.host), self.host, self.port)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._served.close)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def configure(self, pod: ServedPod) -> None:
        """Have a pod that isn't started yet send its mails here."""
        path = pod.folder / "pod.toml"
        config = (
            path.read_text()
            .replace("[mail]\n", f'[mail]\nport = {self.port}\nsecurity = "none"\n', 1)
            .replace('host = ""\n', f'host = "{self.host}"\n', 1)
        )
        assert self.host in config
        path.write_text(config)

    def mail_to(self, address: str) -> str:
        """The text of the first mail to this address that wasn't read yet; waits for it."""
        text: str = eventually(lambda: self._next(address))
        return text

    def _next(self, address: str) -> str:
        for place, envelope in enumerate(self.post.got):
            if envelope.rcpt_tos == [address]:
                del self.post.got[place]
                mail = message_from_bytes(envelope.original_content or b"")
                text = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
                payload = text.get_payload(decode=True)
                assert isinstance(payload, bytes)
                return payload.decode()
        return ""

    def code_to(self, address: str) -> str:
        """The code in the next mail to this address that has one, as it is written there."""
        found = None
        while found is None:
            found = re.search(r"^    (\d{4} \d{4})$", self.mail_to(address).replace("\r\n", "\n"), re.MULTILINE)
        return found[1]
