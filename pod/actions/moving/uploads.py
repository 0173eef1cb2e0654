"""Files of accounts that travellers send: streamed to the disk, within bounds, and read one after the other.

Who sends one pays as whoever signs up does. A few wait at a time, fewer from one address, so that strangers can neither
fill the disk nor take all places.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.imported_files import (
    READ,
    REFUSED,
    WAITING,
    FileCopy,
    Upload,
    count_uploads,
    drop_file_copy,
    first_unclaimed_file,
    load_upload,
    measure_file_copies,
    put_upload,
)
from pod.actions.groups.founding import token_hash
from pod.actions.moving.archive_source import open_archive
from pod.actions.moving.imported_archives import KEPT_MS as UNCLAIMED_MS
from pod.actions.moving.imported_archives import import_archive
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.archives import ArchiveRule
from pod.translations import LANGUAGES
from protocol.errors import RefusedError

FOLDER: Final = "uploads"
MOST_BYTES: Final = 128 * 1024 * 1024  # of one file; whoever runs the pod takes larger ones by a command
MOST_WAITING: Final = 8
MOST_OF_ADDRESS: Final = 2  # of those that wait
MOST_KEPT_BYTES: Final = 4 * 1024**3  # of all copies that came as files
QUOTA: Final = 512 * 1024 * 1024  # of a copy that a stranger brings
KEPT_MS: Final = 24 * 3600 * 1000  # how long what became of it is told
NOTED_EVERY_SECONDS: Final = 1.0
CLAIM_MS: Final = 60_000
MOST_TRIES: Final = 3
BROKEN: Final = b"{}"


def upload_path(deps: Deps, name: str) -> Path:
    """Where a file lies that was sent. Nobody can guess its name."""
    return deps.config.data / FOLDER / name


def upload_hash(secret: str) -> bytes:
    """What the database keeps of the browser's secret."""
    return token_hash(f"upload/{secret}")


async def keep_upload(deps: Deps, read: Callable[[], Awaitable[bytes]], *, payer: str) -> str:
    """Stream a file to the disk; returns the secret that the browser keeps. `read`: its next piece, b"" at the end.

    `payer`: the network address that it comes from. Raises TooLargeError, or BusyError while others wait, or two of
    this address.
    """
    sender = deps.identity.keyring.keyed("upload", payer)
    async with deps.store.database.read() as session:
        (waiting, of_sender), kept = await count_uploads(session, sender), await measure_file_copies(session)
    full = waiting >= MOST_WAITING or of_sender >= MOST_OF_ADDRESS
    if full or (kept >= MOST_KEPT_BYTES and not await deps.store.write(partial(_room, deps=deps))):
        raise ArchiveRule.OTHERS_WAIT.error()
    secret, name, now = random_token(), random_token(), deps.clock()
    path = upload_path(deps, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = 0
    try:
        with path.open("wb") as file:
            while piece := await read():
                size = _counted(size + len(piece))
                await asyncio.to_thread(file.write, piece)
        upload = Upload(upload_hash(secret), name, WAITING, size, due_at=now, payer=sender)
        await deps.store.write(lambda session: put_upload(session, upload))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return secret


async def _room(session: AsyncSession, deps: Deps) -> bool:
    """Have the oldest file for which nobody gave their words for a day give way; False: there is none."""
    oldest = await first_unclaimed_file(session, until=deps.clock() + UNCLAIMED_MS - KEPT_MS)
    if oldest is not None:
        await drop_file_copy(session, oldest)
    return oldest is not None


def _counted(size: int) -> int:
    if size > MOST_BYTES:
        raise ArchiveRule.TOO_LARGE.error(most=MOST_BYTES)
    return size


async def find_upload(deps: Deps, secret: str) -> Upload | None:
    """What this browser sent."""
    async with deps.store.database.read() as session:
        return await load_upload(session, upload_hash(secret)) if secret else None


async def read_upload(deps: Deps, claimed: Upload, note: Callable[[Upload], Awaitable[bool]]) -> None:
    """Make a copy of a file that this process claimed; it ends quietly if another process reads it now."""
    if claimed.tries > MOST_TRIES:
        await note(_ended(deps, claimed, REFUSED, said=BROKEN))
        return
    far: list[tuple[str, int, int]] = [("", 0, 0)]

    def told(part: str, done: int, of: int) -> None:
        far[0] = (part, done, of)

    work = asyncio.create_task(_take(deps, claimed, told))
    try:
        while not (await asyncio.wait({work}, timeout=NOTED_EVERY_SECONDS))[0]:
            part, done, total = far[0]
            until = deps.clock() + CLAIM_MS
            going = msgspec.structs.replace(claimed, part=part, done=done, total=total, due_at=until)
            if not await note(going):
                return
        taken = work.result()
    except RefusedError as error:
        said = msgspec.json.encode({language: error.refused.told(language) for language in LANGUAGES})
        await note(_ended(deps, claimed, REFUSED, said=said))
    else:
        await note(_ended(deps, claimed, READ, group_id=taken.group_id, at=taken.at))
    finally:
        if not work.done():
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


async def _take(deps: Deps, claimed: Upload, told: Callable[[str, int, int], None]) -> FileCopy:
    path = upload_path(deps, claimed.file)
    if not path.is_file():
        raise ArchiveRule.NOT_A_ZIP.error()
    with path.open("rb") as stream:
        source = await asyncio.to_thread(open_archive, stream, told)
        return await import_archive(deps, source, quota=QUOTA)


def _ended(deps: Deps, upload: Upload, state: str, **changes: object) -> Upload:
    return msgspec.structs.replace(upload, state=state, due_at=deps.clock() + KEPT_MS, payer=None, **changes)


def sweep_uploads(deps: Deps, waiting: Collection[str]) -> None:
    """Delete the files that wait no more. One that is being sent is younger than a day."""
    folder = deps.config.data / FOLDER
    now = deps.clock() / 1000
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        if path.name not in waiting and path.stat().st_mtime < now - KEPT_MS / 1000:
            path.unlink(missing_ok=True)
