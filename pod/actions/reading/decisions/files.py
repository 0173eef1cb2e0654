"""The file of a result for a reader: made by the first who asks, and kept until words in it are erased or withheld."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.floor_effects import PARAGRAPH, list_outvoted, load_vote_mark
from models.groups.groups_and_items import load_group
from models.groups.records import count_erased
from moderation.scores import is_shown
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.decisions.kept_files import KeptFiles
from pod.actions.decisions.result_file import ToldPoll, log_start, write_file
from pod.actions.reading.decisions.polls import so_far_of
from pod.actions.reading.lens.floor import load_floor
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId

MARK_BYTES: Final = 16


async def find_result_file(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> Path:
    """The file that proves a poll's result; raises UnknownGroupError, NotFoundError, or BusyError.

    Whoever asks for a file that is being made waits for it. Few are made at once.
    """
    if (path := await _kept(deps, reader, group, poll)) is not None:
        return path
    async with deps.memory.locks.file_lane(poll):
        # Words may go while the file is made; then it isn't found.
        while (path := await _kept(deps, reader, group, poll)) is None:
            with deps.memory.locks.files_made.held(poll):
                await _make(deps, reader, group, poll)
        return path


async def _kept(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> Path | None:
    async with deps.store.database.read() as session:
        _, told = await _told(session, deps, reader, group, poll)
        mark = await _mark(session, deps, told)
    return KeptFiles(deps.config.data).find(group, poll, mark, now=deps.clock())


async def _make(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> None:
    async with deps.store.database.read() as session:
        readable, told = await _told(session, deps, reader, group, poll)
        mark = await _mark(session, deps, told)
        with KeptFiles(deps.config.data).made(group, poll, mark) as file:
            await write_file(session, deps, readable, told, file)


async def _told(
    session: AsyncSession, deps: Deps, reader: Reader, group: RecordId, poll: RecordId
) -> tuple[ReadableGroup, ToldPoll]:
    readable = await open_group(session, deps, reader, group)
    so_far = await so_far_of(session, readable, poll)
    stored = await load_group(session, group)
    through = so_far.through(stored.anchor_height) if stored is not None else None
    if through is None:
        raise DecisionRule.NOT_ENDED.error()
    return readable, ToldPoll(so_far, through)


async def _mark(session: AsyncSession, deps: Deps, told: ToldPoll) -> str:
    """What decides a file's words, as a name: up to which item it tells, what was erased, what the floor hides."""
    start, group = await log_start(session, told), told.so_far.poll.group_id
    erased = await count_erased(session, group, start, told.through.size)
    floor = await load_floor(session, deps)
    said = [told.through.id, erased, await _hidden(session, floor)]
    return blake2b(msgspec.json.encode(said), digest_size=MARK_BYTES).hexdigest()


async def _hidden(session: AsyncSession, floor: Mapping[RecordId, int]) -> list[Any]:
    """Of each floor group what it hides. One that hides what nobody votes for changes with each of its votes."""
    hidden: list[Any] = []
    for group, default in sorted(floor.items()):
        if is_shown(default):
            below = await list_outvoted(session, group)
            told = [one for one, total in below if not is_shown(default + total) or one.startswith(PARAGRAPH)]
            hidden.append((group, told))
        else:
            hidden.append((group, default, await load_vote_mark(session, group)))
    return hidden
