"""Whether the pod can do its work now, and if not, why: its tables, its database, its loops."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from migrations import standing
from models.engine.full_disk import is_full, is_unwritable, write_and_drop
from pod.deps import Deps

LOCKED_SECONDS: Final = 5.0
STALE_MS: Final = 30_000
LOOPS: Final = ("tending", "looking", "comparing", "delivering")
_LOG = logging.getLogger(__name__)


class Hindrance(msgspec.Struct, frozen=True):
    """Why the pod isn't ready."""

    check: Literal["schema", "database", "loop"]
    says: str


async def reasons_against(deps: Deps) -> list[Hindrance]:
    """Every reason why this pod isn't ready; empty if it is ready."""
    return [*await _schema(deps), *await _database(deps), *_loops(deps)]


async def _schema(deps: Deps) -> list[Hindrance]:
    try:
        now = await standing(deps.store.database)
    except Exception as error:  # noqa: BLE001  (any error that keeps the database from being read is the reason)
        _LOG.warning("the schema can't be read: %s", error)
        return [Hindrance("schema", "The database can't be read.")]
    if now.is_current:
        return []
    return [Hindrance("schema", f"The tables are at {now.version}, this version needs {now.newest}.")]


async def _database(deps: Deps) -> list[Hindrance]:
    """The hindrance if the database can't be written within LOCKED_SECONDS; empty if it can."""
    try:
        async with asyncio.timeout(LOCKED_SECONDS):
            await deps.store.write(write_and_drop if deps.store.writer.full else _nothing)
    except Exception as error:  # noqa: BLE001  (as above)
        _LOG.warning("the database can't be written: %s", error)
        if is_full(error):
            return [Hindrance("database", "The disk is full.")]
        if is_unwritable(error):
            return [Hindrance("database", "The database takes no writes: it may only be read, or its disk fails.")]
        return [Hindrance("database", f"The database couldn't be written for {LOCKED_SECONDS:.0f} s.")]
    return []


async def _nothing(_: AsyncSession) -> None:
    """An action that only takes the write lock."""


def _loops(deps: Deps) -> list[Hindrance]:
    now = deps.clock()
    return [
        Hindrance("loop", f"The loop of {name} {_silence(deps.memory.beats.get(name), now)}.")
        for name in LOOPS
        if now - deps.memory.beats.get(name, 0) > STALE_MS
    ]


def _silence(beat: int | None, now: int) -> str:
    return "hasn't begun" if beat is None else f"has been still for {(now - beat) // 1000} s"
