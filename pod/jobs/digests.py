"""The daily mails about decisions: claimed one by one when they are due, a few at a time; told of once, if all lives.

A process that has just started waits: what happened while it was off comes from other pods, in the first minutes.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Final

from models.people.accounts import load_account
from models.people.digests import (
    LAG_MS,
    Digest,
    add_digests,
    claim_digests,
    first_digest_at,
    lacks_digests,
    settle_digest,
    told_through,
)
from models.people.mail_addresses import load_mail_address
from pod.actions.accounts.digest_choice import DAILY, stop_secret
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.letters import send
from pod.actions.reading.decisions.digest import list_happenings
from pod.deps import Deps
from pod.errors import BadAddressError, MailError
from pod.letters.digest import DigestOf, digest_letter
from pod.translations import DEFAULT, translator_for

AT_ONCE: Final = 4
CLAIM_MS: Final = 600_000
ADD_EVERY_MS: Final = 60_000
_LOG = logging.getLogger(__name__)


class Digests:
    """The mails in progress."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running = 0
        self._added_at: int | None = None
        self._began_at = deps.clock()

    async def start_due(self) -> int | None:
        """Begin to make what is due, as far as there is room; returns when the next one is due, None: never."""
        now, room = self._deps.clock(), AT_ONCE - self._running
        await self._add(now)
        async with self._deps.store.database.read() as session:
            first = await first_digest_at(session)
        ready = self._began_at + LAG_MS if now - self._began_at >= 0 else now
        if first is None or max(first, ready) > now:
            return None if first is None else max(first, ready)
        if room > 0:
            claim = partial(claim_digests, now=now, until=now + CLAIM_MS, most=room)
            for digest in await self._deps.store.write(claim):
                self._running += 1
                self._tasks.create_task(self._send(digest, now))
        return now

    async def _add(self, now: int) -> None:
        if self._added_at is not None and 0 <= now - self._added_at < ADD_EVERY_MS:
            return
        self._added_at = now
        async with self._deps.store.database.read() as session:
            lacking = await lacks_digests(session)
        if lacking:
            await self._deps.store.write(partial(add_digests, now=now))

    async def _send(self, digest: Digest, now: int) -> None:
        try:
            await send_digest(self._deps, digest, now=now)
            await self._deps.store.write(partial(settle_digest, claimed=digest, now=now))
        except (BadAddressError, MailError) as error:
            _LOG.warning("a daily mail wasn't sent, and is tried again: %s", error)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself, and the loops go on)
            _LOG.exception("a daily mail failed")
        finally:
            self._running -= 1


async def send_digest(deps: Deps, digest: Digest, *, now: int) -> bool:
    """Mail what happened since the last one; returns whether there was anything. Raises MailError."""
    async with deps.store.database.read() as session:
        account = await load_account(session, digest.account_id)
        mail = await load_mail_address(session, digest.account_id)
    if account is None or account.disabled or mail is None or mail.verified_at is None:
        return False
    through = told_through(digest, now=now)
    polls = await list_happenings(deps, account, since=digest.since_at, through=through, now=now)
    if not polls:
        return False
    base, pod = deps.identity.base_url, pod_name(deps, await read_settings(deps))
    stop = f"{base}/digest/{stop_secret(deps, account.id, DAILY)}"
    told = DigestOf(pod, account.name, base, stop, f"{base}/settings/digest", polls)
    letter = digest_letter(translator_for(account.language or DEFAULT), told)
    await send(deps, mail.address, letter, about=f"daily {account.id} {digest.since_at}")
    return True
