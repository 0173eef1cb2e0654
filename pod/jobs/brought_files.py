"""Files of other software are worked through, some at a time, and one mail tells when one is done.

What a row came to and how far the job is are noted in one commit, so a process that dies loses a row at most, which is
then tried again and changes nothing twice. Posts are known again by their old addresses.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec

from federation.errors import Sentences
from models.moving.brought_files import (
    ImportedRow,
    StoredImport,
    claim_import,
    count_refused,
    drop_old_imports,
    first_brought_at,
    list_import_names,
    list_reached,
    note_import,
)
from models.people.accounts import Account, load_account
from models.people.mail_addresses import load_mail_address
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.letters import send
from pod.actions.moving.brought_files import POSTS, ToldOfFile, in_thread, read_wished, tallies, wished_posts
from pod.actions.moving.import_orders import DONE, FAILED, KEPT_MS, LINES, import_path, sweep_imports
from pod.actions.moving.imported_posts import ImportTold, ImportWish, import_posts
from pod.actions.moving.imported_rows import end_others, try_row
from pod.actions.moving.proven_actors import proven_author
from pod.actions.signer import SignedIn
from pod.deps import Deps
from pod.errors import BadAddressError, MailError
from pod.letters.imports import import_letter
from pod.translations import DEFAULT, translator_for
from protocol.errors import ENGLISH, RefusedError

CLAIM_MS: Final = 60_000
AGAIN_MS: Final = 1_000  # when rows that wait are looked at again
MOST_AT_ONCE: Final = 3
ROWS_AT_ONCE: Final = 50
PACE_SECONDS: Final = 0.5  # after each commit of posts
NO_ROOM_SECONDS: Final = 5.0
Sleep = Callable[[float], Awaitable[None]]
_LOG = logging.getLogger(__name__)


class _StoppedError(Exception):
    """Its owner stopped it, or another process works on it."""


class BroughtFiles:
    """The imports in progress."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running = 0

    async def start_due(self) -> int | None:
        """Go on with those whose turn it is, and forget old ones; returns when to look again, None: when one begins."""
        now = self._deps.clock()
        async with self._deps.store.database.read() as session:
            first = await first_brought_at(session)
        if first is None or first > now:
            return first
        await self._deps.store.write(partial(drop_old_imports, now=now))
        await sweep(self._deps)
        while self._running < MOST_AT_ONCE:
            claimed = await self._deps.store.write(partial(claim_import, now=now, until=now + CLAIM_MS))
            if claimed is None:
                break
            self._running += 1
            self._tasks.create_task(self._go_on(claimed))
        return now + AGAIN_MS

    async def _go_on(self, claimed: StoredImport) -> None:
        try:
            await go_on(self._deps, claimed)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself, and the loops go on)
            _LOG.exception("an import failed")
        finally:
            self._running -= 1


async def sweep(deps: Deps) -> None:
    """Delete the files that no row names."""
    async with deps.store.database.read() as session:
        names = await list_import_names(session)
    await asyncio.to_thread(sweep_imports, deps, names, now=deps.clock())


async def go_on(deps: Deps, claimed: StoredImport, sleep: Sleep = asyncio.sleep) -> None:
    """Work on an import that this process claimed, until it is done or rows have to wait."""
    async with deps.store.database.read() as session:
        account = await load_account(session, claimed.account_id)
    with suppress(_StoppedError):
        if account is None or account.disabled:
            await _note(deps, claimed, state=FAILED, due_at=deps.clock() + KEPT_MS)
            return
        try:
            job = _Posts(deps, account, claimed, sleep) if claimed.kind == POSTS else _Rows(deps, account, claimed)
            ended = await job.work()
        except (FileNotFoundError, RefusedError) as error:
            _LOG.info("an import ended: %s", error)
            await _note(deps, claimed, state=FAILED, due_at=deps.clock() + KEPT_MS)
            return
        if ended is not None:
            await _mail(deps, account, await _note(deps, ended, state=DONE, due_at=deps.clock() + KEPT_MS))


async def _note(
    deps: Deps, stored: StoredImport, rows: Sequence[ImportedRow] = (), **changes: int | str
) -> StoredImport:
    """Store how far it is; raises _StoppedError."""
    noted = msgspec.structs.replace(stored, **changes)
    if not await deps.store.write(partial(note_import, brought=noted, rows=rows), patient=True):
        raise _StoppedError
    return noted


class _Rows:
    """A list, row by row."""

    def __init__(self, deps: Deps, account: Account, claimed: StoredImport) -> None:
        self._deps, self._account, self._stored = deps, account, claimed

    async def work(self) -> StoredImport | None:
        """Try rows; returns how it ended, or None while rows wait."""
        path = import_path(self._deps, self._stored.name, LINES)
        while rows := await in_thread(partial(read_wished, path, self._stored.done, ROWS_AT_ONCE)):
            for wished in rows:
                tried = await try_row(self._deps, self._account, wished)
                now = self._deps.clock()
                if tried is None:
                    await _note(self._deps, self._stored, due_at=now + AGAIN_MS)
                    return None
                self._stored = await _note(
                    *(self._deps, self._stored, [tried]),
                    due_at=now + CLAIM_MS,
                    done=self._stored.done + 1,
                    taken=self._stored.taken + (tried.group is not None),
                    passed=self._stored.passed + tried.silent,
                )
        await self._end_others("follow" if self._stored.kind == "following" else "mute")
        return self._stored

    async def _end_others(self, wish: str) -> None:
        """Nothing ends because a server was silent: nobody knows whom that row means."""
        if self._stored.replace and not self._stored.passed:
            async with self._deps.store.database.read() as session:
                reached = await list_reached(session, self._account.id)
            await end_others(self._deps, self._account, wish, reached, before=self._stored.asked_at)


class _Posts:
    """The posts of an archive."""

    def __init__(self, deps: Deps, account: Account, claimed: StoredImport, sleep: Sleep) -> None:
        self._deps, self._account, self._stored, self._sleep = deps, account, claimed, sleep
        self._told = msgspec.json.decode(claimed.told, type=ToldOfFile)

    async def work(self) -> StoredImport:
        own = self._account.personal_group
        assert own is not None, "An import begins only with one."
        posts = wished_posts(import_path(self._deps, self._stored.name, LINES))
        proven, posts = await proven_author(self._deps, self._account, posts)
        wish = ImportWish(self._stored.unlisted, proven)
        told = await import_posts(self._deps, SignedIn(self._account, 0), own, posts, wish, self._pace)
        await self._note(told)
        return self._stored

    async def _pace(self, told: ImportTold, *, room: bool) -> bool:
        await self._note(told)
        await self._sleep(PACE_SECONDS if room else NO_ROOM_SECONDS)
        return True

    async def _note(self, told: ImportTold) -> None:
        reasons = Counter(Sentences(one.refused.told(ENGLISH), one.refused.told("sv")) for one in told.refused)
        changed = msgspec.structs.replace(self._told, untaken=tallies(reasons), files=told.files)
        self._stored = await _note(
            *(self._deps, self._stored),
            due_at=self._deps.clock() + CLAIM_MS,
            done=told.written + told.known + len(told.refused),
            taken=told.written,
            passed=told.known,
            told=msgspec.json.encode(changed).decode(),
        )


async def _mail(deps: Deps, account: Account, ended: StoredImport) -> None:
    """One mail, whose link shows the page to its owner alone; who has no proved address looks at the page."""
    async with deps.store.database.read() as session:
        mail = await load_mail_address(session, account.id)
        refused = await count_refused(session, account.id)
    if mail is None or mail.verified_at is None:
        return
    pod = pod_name(deps, await read_settings(deps))
    say = translator_for(account.language or DEFAULT)
    page = f"{deps.identity.base_url}/settings/import"
    letter = import_letter(say, account.name, pod, ended.taken, ended.total + refused, page)
    with suppress(BadAddressError, MailError):
        await send(deps, mail.address, letter, about=f"import {ended.name}")
