"""The pod's mailer: sends by the configured server, or shows the mail on the console; the last tries are kept."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Final

from yarl import URL

from models.engine.writer import Writer
from models.pod.sent_mails import MailSent, note_mail
from pod.clock import Clock, random_bytes
from pod.config import Config
from pod.errors import BadAddressError, MailError
from pod.mail.letters import Mail, mail_address, written
from pod.mail.smtp import LONGEST_SECONDS, Sent, send
from pod.rules.mails import MailRule

MOST_WAITING: Final = 1000
AT_ONCE: Final = 4
_LOG = logging.getLogger(__name__)
SHOWN: Final = "No mail server is set: shown on the console."


class Mailer:
    """Sends mails, a few at a time; keeps everything but each mail's text for the admins."""

    def __init__(self, config: Config, clock: Clock, writer: Writer) -> None:
        self._server = config.mail
        self._sender = config.mail.sender or f"althing@{URL(config.base_url).host}"
        self._clock = clock
        self._writer = writer
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._posted: asyncio.Queue[Mail] = asyncio.Queue(MOST_WAITING)

    @property
    def is_set(self) -> bool:
        """Whether a mail server is configured."""
        return bool(self._server.host)

    def post(self, mail: Mail) -> None:
        """Queue a mail to be sent soon, so that the time of an answer doesn't tell whether a mail was sent."""
        try:
            self._posted.put_nowait(mail)
        except asyncio.QueueFull:
            _LOG.error("too many mails wait; one is dropped")

    async def run(self) -> None:
        """Send queued mails until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(self._send_forever())

    async def _send_forever(self) -> None:
        while True:
            try:
                await self.send(await self._posted.get())
            except (BadAddressError, MailError) as error:
                _LOG.warning("a posted mail wasn't sent: %s", error)

    async def send(self, mail: Mail) -> Sent:
        """Send a mail now; raises BadAddressError, or MailError with the server's answer. Not for write actions."""
        mail_address(mail.to)
        try:
            sent = await self._deliver(mail)
        except MailError as error:
            await self._note(mail, error.answer, ok=False)
            raise
        await self._note(mail, sent.answer, ok=True)
        return sent

    async def _deliver(self, mail: Mail) -> Sent:
        if not self.is_set:
            _show(mail)
            return Sent(SHOWN)
        message = written(mail, self._sender, now=self._clock(), token=mail.id or random_bytes(16).hex())
        async with self._gate:
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    return await send(self._server, message)
            except TimeoutError as error:
                raise MailError(MailRule.NOT_SENT, f"{self._server.host}:{self._server.port} took too long.") from error

    async def _note(self, mail: Mail, answer: str, *, ok: bool) -> None:
        kept = MailSent(self._clock(), mail.to, " ".join(mail.subject.split()), answer, ok)
        await self._writer.write(lambda session: note_mail(session, kept))


def _show(mail: Mail) -> None:
    """Print a mail on the operator's console; not through the log, which must not hold secrets."""
    lines = "\n".join(f"| {line}" for line in mail.text.splitlines())
    sys.stderr.write(f"Mail to {mail.to}: {' '.join(mail.subject.split())}\n{lines}\n")
    sys.stderr.flush()
