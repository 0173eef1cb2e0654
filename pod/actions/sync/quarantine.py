"""A group that a stranger names is looked at in memory: nothing of it is kept before it proves to concern them.

The chain alone is walked, item by item by the rules. Its bytes and the time count for all groups of one wish together;
a group that proves itself costs nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from federation.errors import RemoteError
from pod.actions.sync.remote_lists import Pass, Source, WalkStep, records_in, source_of, walk
from pod.deps import Deps
from protocol.chain import follow, found
from protocol.errors import BrokenItemError, RefusedError
from protocol.ids import RecordId
from protocol.records.chain import GroupRoot, Handover, Seal
from protocol.records.envelope import Record
from protocol.state import GroupState

MOST_BYTES: Final = 32 * 1024 * 1024
MOST_SECONDS: Final = 60.0
KEPT_STATES: Final = 1000  # an item whose parent is older than these is left out
PAGES: Final = 1000


class Quarantine:
    """How much this pod may still fetch to look at, because of one stranger's request.

    `unconcerned`: groups whose chains were read to their ends, and concern nobody who asked.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._bytes = MOST_BYTES
        self.unconcerned: set[RecordId] = set()
        self._ends_at = asyncio.get_running_loop().time() + MOST_SECONDS

    async def look(self, pod: str, group: RecordId, shown: Pass | None, concerns: Callable[[GroupState], bool]) -> bool:
        """Whether `concerns` holds for a state of the group's chain at `pod`; False also if that can't be found out."""
        if self._bytes <= 0:
            return False
        source = await source_of(self._deps, pod, group, shown)
        chain = _Chain(source, concerns, self._bytes)
        with suppress(TimeoutError, RemoteError, RefusedError):
            async with asyncio.timeout_at(self._ends_at):
                await walk(self._deps, source, "chain", 0, chain.take, most=PAGES)
        if not chain.is_of_concern:
            self._bytes -= source.pace.size
            if chain.is_read:
                self.unconcerned.add(group)
        return chain.is_of_concern


class _Chain:
    def __init__(self, source: Source, concerns: Callable[[GroupState], bool], most_bytes: int) -> None:
        self._source = source
        self._concerns = concerns
        self._most_bytes = most_bytes
        self._states: dict[RecordId, GroupState] = {}
        self.is_of_concern = False
        self.is_read = False

    async def take(self, page: dict[str, Any], start: int) -> WalkStep:
        """Follow a page's items; the walk ends at a state that concerns somebody, or when the bytes are used up."""
        items = await records_in(page.get("items"), self._source.group)
        followed = [state for item in items if (state := self._followed(item)) is not None]
        self.is_of_concern = any(self._concerns(state) for state in followed[-1:])
        following = page.get("next")
        self.is_read = bool(followed) and following is None
        if self.is_of_concern or type(following) is not int or self._source.pace.size >= self._most_bytes:
            return WalkStep(None, useful=True)
        return WalkStep(following if following <= start + len(items) else None, useful=bool(followed))

    def _followed(self, record: Record) -> GroupState | None:
        item = record.content
        state = None
        with suppress(BrokenItemError):
            if isinstance(item, GroupRoot) and record.id == self._source.group:
                state = found(record).state
            elif isinstance(item, Seal | Handover) and item.parent in self._states:
                state = follow(self._states[item.parent], record).state
        if state is not None:
            self._states[record.id] = state
            while len(self._states) > KEPT_STATES:
                del self._states[next(iter(self._states))]
        return state
