"""Wake-ups: a process that commits work for others tells the serving processes, as soon as it is committed.

On PostgreSQL that is a NOTIFY within the transaction. On SQLite nobody is told: there the next look finds that the work
is due. A wake-up may be lost with a connection, so it only hastens what the database says is due anyway.

In the same way a process tells the others which key of another server it stored anew. After a lost connection a process
trusts no key in its memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from models.engine.databases import Database
from protocol.ids import RecordId

CHANNEL: Final = "althing_wake_ups"
KEYS: Final = "althing_known_keys"
AGAIN_AFTER_SECONDS: Final = 1.0
_LOG = logging.getLogger(__name__)


async def send_wake_up(session: AsyncSession, group: RecordId) -> None:
    """Tell the listening processes of this group once this transaction is committed."""
    await _send(session, CHANNEL, group)


async def send_changed_key(session: AsyncSession, key_id: str) -> None:
    """Tell the listening processes of this key once this transaction is committed."""
    await _send(session, KEYS, key_id)


async def _send(session: AsyncSession, channel: str, word: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_notify(channel, word)))


async def listen(
    database: Database, heard: Callable[[RecordId], None], changed_key: Callable[[str | None], None]
) -> None:
    """Call `heard` with each group and `changed_key` with each key that is sent (None: any), until cancelled.

    On SQLite, return at once.
    """
    while not database.is_sqlite:
        try:
            async with database.reading.connect() as connection:
                await _listen(connection, heard, changed_key)
            _LOG.info("the connection that listens for wake-ups was lost; another one is opened")
        except (DBAPIError, OSError) as error:
            _LOG.info("no connection to listen for wake-ups: %s", error)
        await asyncio.sleep(AGAIN_AFTER_SECONDS)


async def _listen(
    connection: AsyncConnection, heard: Callable[[RecordId], None], changed_key: Callable[[str | None], None]
) -> None:
    lost = asyncio.Event()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        driver.add_termination_listener(lambda _: lost.set())
        await driver.add_listener(CHANNEL, lambda *told: heard(told[3]))
        await driver.add_listener(KEYS, lambda *told: changed_key(told[3]))
        changed_key(None)
        await lost.wait()
    finally:
        # Otherwise the next user of this pooled connection would listen, too.
        await connection.invalidate()
