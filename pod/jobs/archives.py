"""Archives that people asked for are made one at a time, told of by one mail, and deleted after a week.

If the process dies, its claim ends within a minute and another process begins anew; what fails three times isn't tried
again. Each second of work is noted, so that the page shows how far it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import BinaryIO, Final

import msgspec

from models.moving.archives import (
    StoredArchive,
    claim_archive,
    drop_old_archives,
    first_archive_at,
    list_archive_names,
    note_archive,
)
from models.people.accounts import Account, load_account
from models.people.mail_addresses import load_mail_address
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.letters import send
from pod.actions.moving.archive_orders import FAILED, KEPT_MS, PART, READY, TOO_LARGE, archive_path, sweep_archives
from pod.actions.moving.archive_whole import ArchiveStep, ArchiveWish, write_archive
from pod.deps import Deps
from pod.errors import BadAddressError, MailError
from pod.letters.archives import archive_letter
from pod.translations import DEFAULT, translator_for
from protocol.errors import TooLargeError

CLAIM_MS: Final = 60_000
NOTED_EVERY_MS: Final = 1_000
MOST_TRIES: Final = 3
Write = Callable[[Deps, ArchiveWish, BinaryIO, Callable[[ArchiveStep], Awaitable[None]]], Awaitable[int]]
_LOG = logging.getLogger(__name__)


class _DroppedError(Exception):
    """Nobody asks for the archive any more, or another process makes it."""


class Archives:
    """The archive in progress, if there is one."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running = False

    async def start_due(self) -> int | None:
        """Begin to make one that waits, and drop old ones; returns when to look again, None: when somebody asks."""
        now = self._deps.clock()
        async with self._deps.store.database.read() as session:
            first = await first_archive_at(session)
        if first is None or first > now or self._running:
            return None if first is None else max(first, now + NOTED_EVERY_MS) if self._running else first
        await self._deps.store.write(partial(drop_old_archives, now=now))
        await sweep(self._deps)
        claimed = await self._deps.store.write(partial(claim_archive, now=now, until=now + CLAIM_MS))
        if claimed is not None:
            self._running = True
            self._tasks.create_task(self._make(claimed))
        return now + NOTED_EVERY_MS

    async def _make(self, claimed: StoredArchive) -> None:
        try:
            await make_archive(self._deps, claimed)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself, and the loops go on)
            _LOG.exception("an archive failed")
        finally:
            self._running = False


async def sweep(deps: Deps) -> None:
    """Delete the files that no row asks for."""
    async with deps.store.database.read() as session:
        names = await list_archive_names(session)
    await asyncio.to_thread(sweep_archives, deps, names)


async def make_archive(deps: Deps, claimed: StoredArchive, write: Write = write_archive) -> None:
    """Make an archive that this process claimed, and tell its owner; it ends quietly if nobody wants it any more."""
    async with deps.store.database.read() as session:
        account = await load_account(session, claimed.account_id)
    if account is None or account.disabled or claimed.tries > MOST_TRIES:
        await _end(deps, claimed, FAILED)
        return
    try:
        size = await _write(deps, claimed, ArchiveWish(account, claimed.private), write)
    except _DroppedError:
        return
    except TooLargeError:
        await _end(deps, claimed, TOO_LARGE)
        return
    if await _end(deps, msgspec.structs.replace(claimed, bytes=size), READY):
        await _mail(deps, account, claimed)


async def _write(deps: Deps, claimed: StoredArchive, wish: ArchiveWish, write: Write) -> int:
    """Write the file beside its place, and put it there once it is whole; returns how long it is."""
    path = archive_path(deps, claimed.name)
    part = path.with_name(path.name + PART)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    noted_at = deps.clock()

    async def told(step: ArchiveStep) -> None:
        nonlocal noted_at
        now = deps.clock()
        if 0 <= now - noted_at < NOTED_EVERY_MS:
            return
        noted_at = now
        far = {name: getattr(step, name) for name in ArchiveStep.__struct_fields__}
        going = msgspec.structs.replace(claimed, due_at=now + CLAIM_MS, **far)
        if not await deps.store.write(partial(note_archive, archive=going), patient=True):
            raise _DroppedError

    try:
        with part.open("wb") as file:
            await write(deps, wish, file, told)
            size = file.tell()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return size


async def _end(deps: Deps, archive: StoredArchive, state: str) -> bool:
    """Note how it ended; False if nobody asks for it any more: then its file goes, too."""
    now = deps.clock()
    ended = msgspec.structs.replace(archive, state=state, made_at=now, due_at=now + KEPT_MS)
    if await deps.store.write(partial(note_archive, archive=ended)):
        return True
    archive_path(deps, archive.name).unlink(missing_ok=True)
    return False


async def _mail(deps: Deps, account: Account, archive: StoredArchive) -> None:
    """One mail, whose link shows the page to its owner alone; who has no proved address looks at the page."""
    async with deps.store.database.read() as session:
        mail = await load_mail_address(session, account.id)
    if mail is None or mail.verified_at is None:
        return
    pod = pod_name(deps, await read_settings(deps))
    say = translator_for(account.language or DEFAULT)
    letter = archive_letter(say, account.name, pod, f"{deps.identity.base_url}/settings/archive")
    with suppress(BadAddressError, MailError):
        await send(deps, mail.address, letter, about=f"archive {archive.name}")
