"""Files of accounts that were sent are read one at a time; copies whose persons gave their words give what they hold.

If the process dies, its claim on a file ends within a minute and another process begins anew; what fails three times
isn't tried again. Files that were read, and copies that became no account within a month, are deleted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from typing import Any, Final

from models.moving.imported_files import (
    FileCopy,
    Upload,
    claim_upload,
    drop_old_file_copies,
    first_import_at,
    forget_uploads,
    list_upload_files,
    next_due_copy,
    note_upload,
)
from pod.actions.moving.returned_copies import return_copy
from pod.actions.moving.uploads import CLAIM_MS, read_upload, sweep_uploads, upload_path
from pod.deps import Deps

AGAIN_MS: Final = 1_000
_LOG = logging.getLogger(__name__)


class Imports:
    """The file that is read, or the copy that is given back; one of them at a time."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running = False

    async def start_due(self) -> int | None:
        """Begin what waits, and drop what is old; returns when to look again, None: when somebody asks."""
        deps, now = self._deps, self._deps.clock()
        async with deps.store.database.read() as session:
            first = await first_import_at(session)
        if first is None or first > now or self._running:
            return None if first is None else max(first, now + AGAIN_MS) if self._running else first
        await deps.store.write(partial(drop_old_file_copies, now=now))
        await deps.store.write(partial(forget_uploads, now=now))
        claimed = await deps.store.write(partial(claim_upload, now=now, until=now + CLAIM_MS))
        async with deps.store.database.read() as session:
            copy = await next_due_copy(session)
        if claimed is not None:
            self._begin(self._read(claimed))
        elif copy is not None and copy.due_at is not None and copy.due_at <= now:
            self._begin(self._return(copy))
        return now + AGAIN_MS

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._running = True
        self._tasks.create_task(work)

    async def _read(self, claimed: Upload) -> None:
        deps = self._deps

        async def note(upload: Upload) -> bool:
            return await deps.store.write(partial(note_upload, upload=upload), patient=True)

        try:
            await read_upload(deps, claimed, note)
            await asyncio.to_thread(upload_path(deps, claimed.file).unlink, missing_ok=True)
            async with deps.store.database.read() as session:
                waiting = await list_upload_files(session)
            await asyncio.to_thread(sweep_uploads, deps, waiting)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself, and the loops go on)
            _LOG.exception("reading a file of an account failed")
        finally:
            self._running = False

    async def _return(self, copy: FileCopy) -> None:
        try:
            await return_copy(self._deps, copy)
        except Exception:  # noqa: BLE001  (logged; it is due again, and the loops go on)
            _LOG.exception("giving back what a copy holds failed")
        finally:
            self._running = False
