"""The two mails of the pod that somebody left: of their followers a day after the move, of closing a week after it.

They go to the verified address of the old account. When the next one is due stands in the departure, and is set in the
commit before a mail goes: a kill may cost a mail and never sends two. Who goes back, or closes the account, gets none.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import Departure, list_unmailed, load_departure, set_departure
from models.moving.move_deliveries import count_told
from models.people.accounts import load_account
from models.people.mail_addresses import load_mail_address
from pod.actions.letters import Letter, send
from pod.actions.moving.asked_grants import host_in
from pod.deps import Deps
from pod.errors import BadAddressError, MailError
from pod.letters.moves import followers_letter, left_letter
from pod.translations import DEFAULT, translator_for

DAY_MS: Final = 24 * 3_600_000
FOLLOWERS_MS: Final = DAY_MS
CLOSING_MS: Final = 7 * DAY_MS
AT_ONCE: Final = 20


async def mail_who_left(deps: Deps) -> None:
    """Send the mails that are due."""
    async with deps.store.database.read() as session:
        due = await list_unmailed(session, deps.clock(), AT_ONCE)
    for departure in due:
        claimed = await deps.store.write(partial(_claim, departure=departure, now=deps.clock()))
        if not claimed:
            continue
        async with deps.store.database.read() as session:
            letter = await _letter(session, deps, departure)
            mail = await load_mail_address(session, departure.account_id)
        if letter is not None and mail is not None and mail.verified_at is not None:
            with suppress(BadAddressError, MailError):
                await send(deps, mail.address, letter)


async def _claim(session: AsyncSession, departure: Departure, now: int) -> bool:
    """Set when the next mail is due; False: the person went back or closed it, or another process sends this one."""
    again = await load_departure(session, departure.account_id)
    if again is None or again.mail_at is None or again.mail_at != departure.mail_at:
        return False
    closing_at = (again.moved_at or 0) + CLOSING_MS
    await set_departure(session, again.account_id, mail_at=closing_at if again.mail_at < closing_at else None)
    return again.closed_at is None and (again.mail_at >= closing_at or now < closing_at)


async def _letter(session: AsyncSession, deps: Deps, departure: Departure) -> Letter | None:
    """What is to be said now; None: nobody was told of the move, so there is nothing to say of followers."""
    account = await load_account(session, departure.account_id)
    assert account is not None
    say, there = translator_for(account.language or DEFAULT), host_in(departure.pod)
    if (departure.mail_at or 0) >= (departure.moved_at or 0) + CLOSING_MS:
        return left_letter(say, deps.identity.base_url, account.name, there)
    told = await count_told(session, account.id)
    if not told.all:
        return None
    return followers_letter(say, deps.identity.base_url, account.name, there, taken=told.taken, every=told.all)
