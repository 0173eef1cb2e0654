"""Mails that tell people what was decided in their names, each within a second, and no more than one an hour.

One process sends a mail; if it is killed, another one does within ten minutes, and tells the same once more rather than
not at all. A mail that the server doesn't take is tried again. Who has no proved address is told by the news alone.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Final

from models.people.accounts import load_account
from models.people.decision_notices import DecisionNotice, claim_notices, first_notice_at, settle_notice
from models.people.mail_addresses import load_mail_address
from pod.actions.accounts.not_me import make_not_me
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.letters import send
from pod.deps import Deps
from pod.errors import BadAddressError, MailError
from pod.letters.decisions import DecidedInName, decided_letter
from pod.translations import DEFAULT, translator_for

AT_ONCE: Final = 4
CLAIM_MS: Final = 600_000
_LOG = logging.getLogger(__name__)


class DecisionMails:
    """The mails in progress."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running = 0

    async def start_due(self) -> int | None:
        """Begin to send what is due, as far as there is room; returns when the next one is due, None: never."""
        now, room = self._deps.clock(), AT_ONCE - self._running
        async with self._deps.store.database.read() as session:
            first = await first_notice_at(session)
        if first is None or first > now:
            return first
        if room > 0:
            claim = partial(claim_notices, now=now, until=now + CLAIM_MS, most=room)
            for notice in await self._deps.store.write(claim):
                self._running += 1
                self._tasks.create_task(self._send(notice))
        return now

    async def _send(self, notice: DecisionNotice) -> None:
        try:
            await tell_decisions(self._deps, notice)
        except (BadAddressError, MailError) as error:
            _LOG.warning("a mail about decisions wasn't sent, and is tried again: %s", error)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself, and the loops go on)
            _LOG.exception("a mail about decisions failed")
        finally:
            self._running -= 1


async def tell_decisions(deps: Deps, notice: DecisionNotice) -> bool:
    """Mail this to the account's proved address; whether there is one. Raises MailError if it couldn't be sent."""
    async with deps.store.database.read() as session:
        account = await load_account(session, notice.account_id)
        mail = await load_mail_address(session, notice.account_id)
    now, pod = deps.clock(), pod_name(deps, await read_settings(deps))
    reached = account is not None and not account.disabled and mail is not None and mail.verified_at is not None
    if account is not None and mail is not None and reached:
        link = f"{deps.identity.base_url}/not-me/{make_not_me(deps, account.id, notice.turn, now=now)}"
        told = DecidedInName(pod, account.name, notice.untold, notice.since_at, link)
        await send(deps, mail.address, decided_letter(translator_for(account.language or DEFAULT), told))
    await deps.store.write(lambda session: settle_notice(session, notice, now=now))
    return reached
