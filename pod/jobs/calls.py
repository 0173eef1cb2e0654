"""People are called to what polls need of them, and told what their delegates did: found by pages, mailed singly.

One process sends a mail; if it is killed, another one does within ten minutes, with the same id, so that the same mail
may come twice rather than not at all.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Final

from models.decisions.poll_calls import first_look_at
from models.people.accounts import load_account
from models.people.mail_addresses import load_mail_address
from models.people.own_calls import claim_call_mails, first_call_mail_at, list_own_calls, settle_call_mail
from pod.actions.accounts.digest_choice import AT_ONCE, stop_secret
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.decisions.poll_calls import call_people
from pod.actions.letters import send
from pod.actions.reading.decisions.call_news import list_call_news
from pod.deps import Deps
from pod.errors import BadAddressError, MailError
from pod.letters.calls import CallsOf, call_letter
from pod.translations import DEFAULT, translator_for

MOST_MAILS: Final = 4
PAGES_AT_ONCE: Final = 5  # each in a write of its own, so others write between them
CLAIM_MS: Final = 600_000
_LOG = logging.getLogger(__name__)


class Calls:
    """The page of people that is looked at, and the mails in progress."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._looking = False
        self._running = 0

    async def start_due(self) -> int | None:
        """Begin what is due, as far as there is room; returns when the next is due, None: never."""
        now, room = self._deps.clock(), MOST_MAILS - self._running
        async with self._deps.store.database.read() as session:
            look_at, mail_at = await first_look_at(session), await first_call_mail_at(session)
        if look_at is not None and look_at <= now and not self._looking:
            self._looking = True
            self._tasks.create_task(self._look())
        if mail_at is not None and mail_at <= now and room > 0:
            claim = partial(claim_call_mails, now=now, until=now + CLAIM_MS, most=room)
            for account in await self._deps.store.write(claim):
                self._running += 1
                self._tasks.create_task(self._send(account))
        times = [at for at in (look_at, mail_at) if at is not None]
        return max(now, min(times)) if times else None

    async def _look(self) -> None:
        try:
            for _ in range(PAGES_AT_ONCE):
                if not await call_people(self._deps):
                    break
        except Exception:  # noqa: BLE001  (logged; it is tried again, and the loops go on)
            _LOG.exception("people weren't called")
        finally:
            self._looking = False

    async def _send(self, account: int) -> None:
        try:
            await send_calls(self._deps, account)
        except (BadAddressError, MailError) as error:
            _LOG.warning("a mail that can't wait wasn't sent, and is tried again: %s", error)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself, and the loops go on)
            _LOG.exception("a mail that can't wait failed")
        finally:
            self._running -= 1


async def send_calls(deps: Deps, number: int) -> bool:
    """Mail an account what it is called to and wasn't told; returns whether there was anything. Raises MailError."""
    now = deps.clock()
    async with deps.store.database.read() as session:
        account, mail = await load_account(session, number), await load_mail_address(session, number)
        calls = [one for one in await list_own_calls(session, number, now=now) if one.mail_at is not None]
    due = [one for one in calls if one.mail_at is not None and one.mail_at <= now]
    sent = False
    if account is not None and not account.disabled and mail is not None and mail.verified_at is not None:
        news = await list_call_news(deps, account, due)
        if news:
            base, pod = deps.identity.base_url, pod_name(deps, await read_settings(deps))
            stop = f"{base}/digest/{stop_secret(deps, account.id, AT_ONCE)}"
            told = CallsOf(pod, account.name, base, stop, f"{base}/settings/digest", news)
            about = f"{number} {[(one.about, one.kind, one.round, one.number) for one in due]}"
            letter = call_letter(translator_for(account.language or DEFAULT), told)
            await send(deps, mail.address, letter, about=about)
            sent = True
    settle = partial(settle_call_mail, account=number, told=due, sent=sent, now=now)
    await deps.store.write(settle)
    return sent
