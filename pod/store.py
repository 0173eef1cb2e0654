"""The store of a pod: its database, its writer, and what is held of them between two commits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import Database
from models.engine.writer import Action, Bulk, Writer
from models.groups.rounds import mark_due
from pod.clock import Clock
from pod.remembered import Remembered
from protocol.branches import View
from protocol.errors import RefusedError
from protocol.ids import RecordId

Session = AsyncSession
T = TypeVar("T")
I = TypeVar("I")  # noqa: E741  (an item, beside R, its result)
R = TypeVar("R")


ROUND_AFTER_MS: Final = 60_000  # a group that was written in is looked after once more, and pulled
_MOVED: Final = "moved_views"
_WOKEN: Final = "woken_groups"


class Views:
    """Each group's chain as the writer left it; what a reader loads meanwhile never replaces something newer."""

    def __init__(self) -> None:
        self._held: dict[RecordId, View] = {}
        self._changes = 0

    def get(self, group: RecordId) -> View | None:
        """The view, if it is held."""
        return self._held.get(group)

    @property
    def changes(self) -> int:
        """How often anything changed: who loads a view asks before, and hands it to `keep`."""
        return self._changes

    def keep(self, view: View, *, seen: int) -> View:
        """Hold a view that was loaded since `seen` changes, unless something changed; the one to use."""
        if self._changes != seen:
            return self._held.get(view.state.group, view)
        self._held[view.state.group] = view
        return view

    def move(self, session: AsyncSession, view: View) -> None:
        """Hold what an action made of a chain; it is forgotten if the action fails."""
        self._changes += 1
        self._held[view.state.group] = view
        session.info.setdefault(_MOVED, set()).add(view.state.group)

    def forget(self, groups: Collection[RecordId] | None = None) -> None:
        """Let go of views (None: all), for the store is what holds."""
        self._changes += 1
        for group in list(self._held) if groups is None else groups:
            self._held.pop(group, None)


def note_woken(session: AsyncSession, group: RecordId) -> None:
    """Have the action's end note that a group is to be looked after."""
    session.info.setdefault(_WOKEN, set()).add(group)


@dataclass(frozen=True)
class Store:
    """`views` caches each group's chain; `remembered` holds values between two commits."""

    clock: Clock
    database: Database
    writer: Writer
    views: Views = field(default_factory=Views)
    remembered: Remembered = field(default_factory=Remembered)

    async def remember(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """A value that is the same for everybody who may see it, made once between two commits."""
        return await self.remembered.get(self.database.version(), key, make)

    async def write(self, action: Action[T]) -> T:
        """Run a write action; if it fails, the views that it moved are forgotten with its changes."""
        moved: set[RecordId] = set()

        async def watched(session: AsyncSession) -> T:
            session.info[_MOVED] = moved
            done = await action(session)
            await self.note(session)
            return done

        try:
            return await self.writer.write(watched)
        except BaseException:
            if moved:
                self.views.forget(moved)
            raise

    async def note(self, session: AsyncSession) -> None:
        """Write down, at the end of an action, what it leaves to be done; in its commit, so a kill loses nothing."""
        if woken := session.info.pop(_WOKEN, None):
            await mark_due(session, woken, at=self.clock() + ROUND_AFTER_MS)

    async def put(self, bulk: Bulk[I, R], item: I) -> R:
        """Give an item to a bulk handler; a refusal changed nothing, any other failure may have."""
        try:
            return await self.writer.put(bulk, item)
        except RefusedError:
            raise
        except BaseException:
            self.views.forget()
            raise
