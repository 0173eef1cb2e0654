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
    """Sends mails, a few at a time; all but the text of each is kept for the admins."""

    def __init__(self, config: Config, clock: Clock, writer: Writer) -> None:
        self._server = config.mail
        self._sender = config.mail.sender or f"althing@{URL(config.base_url).host}"
        self._clock = clock
        self._writer = writer
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._posted: asyncio.Queue[Mail] = asyncio.Queue(MOST_WAITING)

    @property
    def is_set(self) -> bool:
        """Whether there is a server that mails go to."""
        return bool(self._server.host)

    def post(self, mail: Mail) -> None:
        """Have it sent soon, so that how long an answer takes tells nobody whether there was a mail to send."""
        try:
            self._posted.put_nowait(mail)
        except asyncio.QueueFull:
            _LOG.error("too many mails wait; one is dropped")

    async def run(self) -> None:
        """Send what is posted, until cancelled."""
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
        """Send it now. Raises BadAddressError, and MailError with the server's answer. Not inside an action."""
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
        message = written(mail, self._sender, now=self._clock(), token=random_bytes(16).hex())
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
    """For the operator at the console; not through the log, which is told no secrets."""
    lines = "\n".join(f"| {line}" for line in mail.text.splitlines())
    sys.stderr.write(f"Mail to {mail.to}: {' '.join(mail.subject.split())}\n{lines}\n")
    sys.stderr.flush()
