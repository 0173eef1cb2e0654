"""An account asks for its archive: one at a time, now and then; it lies in the data folder for a week, for it alone."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.archives import MAKING, StoredArchive, load_archive, put_archive
from models.people.accounts import Account
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.archives import ArchiveRule
from pod.rules.groups import GroupRule

FOLDER: Final = "archives"
SUFFIX: Final = ".zip"
PART: Final = ".part"  # while it is made
KEPT_MS: Final = 7 * 24 * 3600 * 1000
READY: Final = "ready"
FAILED: Final = "failed"
TOO_LARGE: Final = "too-large"


async def own_archive(deps: Deps, account: Account) -> StoredArchive | None:
    """The account's archive, if one was asked for within a week."""
    async with deps.store.database.read() as session:
        found = await load_archive(session, account.id)
    return None if found is None or (found.state != MAKING and found.due_at <= deps.clock()) else found


async def ask_for_archive(deps: Deps, account: Account, *, private: bool) -> None:
    """Have it made, in place of the former one; raises BusyError while one is made, TooManyTriesError soon after."""
    now = deps.clock()
    if account.personal_group is None:
        raise GroupRule.NO_PERSONAL_GROUP.error()
    found = await own_archive(deps, account)
    if found is not None and found.state == MAKING:
        raise ArchiveRule.BEING_MADE.error()
    await deps.store.limits.take("archive of an account", str(account.id), now=now)

    async def action(session: AsyncSession) -> None:
        again = await load_archive(session, account.id)
        if again is not None and again.state == MAKING:
            raise ArchiveRule.BEING_MADE.error()
        await put_archive(session, StoredArchive(account.id, random_token(), private, MAKING, now, now))

    await deps.store.write(action)


async def archive_file(deps: Deps, account: Account) -> Path:
    """Where the account's archive lies; raises GoneError if there is none."""
    found = await own_archive(deps, account)
    path = archive_path(deps, found.name) if found is not None and found.state == READY else None
    if path is None or not path.is_file():
        raise ArchiveRule.NOT_THERE.error()
    return path


def archive_path(deps: Deps, name: str) -> Path:
    """Where the file of an archive lies. Nobody can guess its name, and no route takes one."""
    return deps.config.data / FOLDER / f"{name}{SUFFIX}"


def sweep_archives(deps: Deps, asked_for: Collection[str]) -> None:
    """Delete the files that nobody asks for any more, and what was left half made."""
    kept = {archive_path(deps, name) for name in asked_for}
    folder = deps.config.data / FOLDER
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        whole = path.with_name(path.name.removesuffix(PART))
        if whole not in kept:
            path.unlink(missing_ok=True)
