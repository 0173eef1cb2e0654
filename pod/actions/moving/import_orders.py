"""An account brings a file of other software: kept here while it is looked at and worked through, one at a time.

1. A file is read at once, and what of it can be tried is kept in its place; one whose kind is unsure is kept whole.
2. Nothing is done before its owner says so. Who doesn't within a day has to bring it again.
3. All files together have a bound on a pod, and an account brings one now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import ForeignFileError
from federation.rules.elsewhere import ElsewhereRule
from models.moving.brought_files import (
    GOING,
    ImportedRow,
    StoredImport,
    count_refused,
    drop_import,
    list_refused,
    load_import,
    put_import,
    save_import,
    sum_import_bytes,
)
from models.people.accounts import Account
from pod.actions.moving.brought_files import MOST_BYTES, ReadFile, ToldOfFile, failed_file, in_thread, read_brought
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.groups import GroupRule
from pod.rules.imports import ImportRule
from protocol.errors import MalformedError

FOLDER: Final = "imports"
RAW: Final = ".raw"  # as it was brought
LINES: Final = ".jsonl"  # what of it can be tried
UNSURE: Final = "unsure"
SHOWN: Final = "shown"
DONE: Final = "done"
FAILED: Final = "failed"
ENDABLE: Final = frozenset({"following", "mutes", "blocks"})  # lists that may take the place of one's own
HOUR_MS: Final = 3600 * 1000
SHOWN_MS: Final = 24 * HOUR_MS
KEPT_MS: Final = 7 * SHOWN_MS
LEFT_MS: Final = 2 * HOUR_MS  # a file that has no row this long after it was written is nobody's
MOST_OF_POD: Final = 4 * 1024**3
MOST_ROWS: Final = 11_000  # of a list, and of its failed ones
MOST_SHOWN: Final = 10  # of its rows that aren't taken, on its page
LONGEST_NAME: Final = 100


class ImportSight(msgspec.Struct, frozen=True):
    """An account's file: how far it is, what to say of it, how many rows weren't taken, and the first of those."""

    stored: StoredImport
    told: ToldOfFile
    refused: int
    first: tuple[ImportedRow, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows a list has, with those that can't be tried."""
        return self.stored.total + self.refused - (self.stored.done - self.stored.taken)


async def own_import(deps: Deps, account: Account) -> ImportSight | None:
    """The file that the account brought, if there is one."""
    async with deps.store.database.read() as session:
        found = await load_import(session, account.id)
        if found is None or (found.state != GOING and found.due_at <= deps.clock()):
            return None
        refused = await count_refused(session, account.id)
        first = await list_refused(session, account.id, MOST_SHOWN)
    return ImportSight(found, msgspec.json.decode(found.told, type=ToldOfFile), refused, tuple(first))


@asynccontextmanager
async def place_for_file(deps: Deps, account: Account) -> AsyncIterator[Path]:
    """Where a file goes that the account brings now, gone if it fails; raises BusyError, TooManyTriesError."""
    now = deps.clock()
    if account.personal_group is None:
        raise GroupRule.NO_PERSONAL_GROUP.error()
    async with deps.store.database.read() as session:
        found, size = await load_import(session, account.id), await sum_import_bytes(session)
    if found is not None and found.state == GOING:
        raise ImportRule.GOING.error()
    if size > MOST_OF_POD - MOST_BYTES:
        raise ImportRule.FILES_FILL_THE_POD.error()
    await deps.store.limits.take("import of an account", str(account.id), now=now)
    path = import_path(deps, random_token(), RAW)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def take_file(deps: Deps, account: Account, raw: Path, file: str, chosen: str = "") -> None:
    """Read the file that lies at `raw` and that its owner calls `file`; raises ForeignFileError or MalformedError."""
    name, file = raw.name.removesuffix(RAW), file[-LONGEST_NAME:]
    lines = import_path(deps, name, LINES)
    try:
        read = await in_thread(partial(read_brought, raw, lines, file, chosen))
    except (ForeignFileError, MalformedError) as error:
        lines.unlink(missing_ok=True)
        if error.refused.rule is not ElsewhereRule.FILE_UNSURE:
            raise
        kinds = tuple(str(error.refused.facts["kinds"]).split(", "))
        read = ReadFile("", 0, ToldOfFile(kinds=kinds))
    await _store(deps, account, name, file, read)


async def _store(deps: Deps, account: Account, name: str, file: str, read: ReadFile) -> None:
    kept = import_path(deps, name, LINES if read.kind else RAW)
    size = await asyncio.to_thread(lambda: kept.stat().st_size)
    told = msgspec.json.encode(read.told).decode()
    state, due = SHOWN if read.kind else UNSURE, deps.clock() + SHOWN_MS
    stored = StoredImport(account.id, name, file, read.kind, state, size, read.total, told, due)

    async def action(session: AsyncSession) -> str:
        former = await load_import(session, account.id)
        if former is not None and former.state == GOING:
            raise ImportRule.GOING.error()
        await put_import(session, stored, read.refused)
        return former.name if former else ""

    former = await deps.store.write(action)
    if former and former != name:
        _unlink(deps, former)
    if read.kind:
        import_path(deps, name, RAW).unlink(missing_ok=True)


async def choose_kind(deps: Deps, account: Account, kind: str) -> None:
    """Read a file whose kind was unsure as that kind; raises GoneError, ForeignFileError."""
    found = await _waiting(deps, account, UNSURE)
    await take_file(deps, account, import_path(deps, found.name, RAW), found.file, kind)


async def begin_import(deps: Deps, account: Account, *, replace: bool, unlisted: bool) -> None:
    """Have the rows worked through; raises GoneError if none waits for that."""
    found = await _waiting(deps, account, SHOWN)
    now = deps.clock()
    changes = {"replace": replace and found.kind in ENDABLE, "unlisted": unlisted}
    begun = msgspec.structs.replace(found, state=GOING, due_at=now, asked_at=now, **changes)

    async def action(session: AsyncSession) -> None:
        again = await load_import(session, account.id)
        if again != found or again.total == 0:
            raise ImportRule.NO_FILE_WAITS.error()
        await save_import(session, begun)

    await deps.store.write(action)


async def drop_own_import(deps: Deps, account: Account) -> None:
    """Stop it, or forget it. What was taken stays."""
    async with deps.store.database.read() as session:
        found = await load_import(session, account.id)
    await deps.store.write(partial(drop_import, account=account.id))
    if found is not None:
        _unlink(deps, found.name)


async def failed_rows_of(deps: Deps, account: Account, language: str) -> tuple[str, str]:
    """The rows that weren't taken, as a file to mend and bring again, and its name; raises GoneError."""
    sight = await own_import(deps, account)
    if sight is None or not sight.refused:
        raise ImportRule.NO_FILE_WAITS.error()
    async with deps.store.database.read() as session:
        rows = await list_refused(session, account.id, MOST_ROWS)
    text, ending = failed_file(sight.stored.kind, rows, language)
    return text, f"failed-{sight.stored.kind}.{ending}"


async def _waiting(deps: Deps, account: Account, state: str) -> StoredImport:
    sight = await own_import(deps, account)
    if sight is None or sight.stored.state != state:
        raise ImportRule.NO_FILE_WAITS.error()
    return sight.stored


def import_path(deps: Deps, name: str, ending: str) -> Path:
    """Where the file of an import lies. Nobody can guess its name, and no route takes one."""
    return deps.config.data / FOLDER / f"{name}{ending}"


def _unlink(deps: Deps, name: str) -> None:
    for ending in (RAW, LINES):
        import_path(deps, name, ending).unlink(missing_ok=True)


def sweep_imports(deps: Deps, needed: Collection[str], *, now: int) -> None:
    """Delete the files that no row names, but for those that are on their way in."""
    folder = deps.config.data / FOLDER
    for path in list(folder.iterdir()) if folder.is_dir() else []:
        if path.stem not in needed and now - path.stat().st_mtime * 1000 > LEFT_MS:
            path.unlink(missing_ok=True)
