"""The store of a pod: its database, its writer, and what is held of them between two commits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import UNKNOWN, Database
from models.engine.wake_ups import send_wake_up
from models.engine.writer import Action, Bulk, Writer, after_commit
from models.groups.groups_and_items import count_revisions
from models.groups.rounds import mark_due
from pod.budgets.steps import charged, gives_way
from pod.budgets.tries import Limits
from pod.clock import Clock
from pod.outlines import Outlines
from pod.remembered import Lasting, Remembered
from protocol.branches import View
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.state import GroupState

Session = AsyncSession
T = TypeVar("T")
I = TypeVar("I")  # noqa: E741  (I is an item, R its result)
R = TypeVar("R")


ROUND_AFTER_MS: Final = 60_000  # after a write the group gets one more round, which pulls it
UNUSABLE: Final = -1  # the revision of a view that the store need not have
_MOVED: Final = "moved_views"
_WOKEN: Final = "woken_groups"


class _Held:
    """A view, its group's revision, and when it was last checked against the store.

    `committed`: the view before it, while its own commit is in progress.
    """

    __slots__ = ("checked_at", "committed", "epoch", "revision", "view")

    def __init__(self, view: View, revision: int, committed: _Held | None = None) -> None:
        self.view = view
        self.revision = revision
        self.committed = committed
        self.epoch: int | None = None
        self.checked_at: int | None = None


class Views:
    """Each group's chain with the group's revision; it is used only while the store has the same revision.

    Nobody else writes during a write action. So for actions, a checked view is valid until another process writes (an
    *epoch*). For a reader, a view is valid until the next commit, and longer if the revision stays the same. Readers
    get the view that an action made only after its commit, because the action may still be undone.

    `version`: the number of a database commit that the reader sees at least; None in a write action.
    """

    def __init__(self) -> None:
        self._held: dict[RecordId, _Held] = {}
        self._epoch = 0

    def checked(self, group: RecordId, *, version: int | None) -> View | None:
        """The view, if it was checked at this version; for an action, in this epoch."""
        held = self._held_for(group, version)
        if held is None or (held.epoch != self._epoch if version is None else held.checked_at != version):
            return None
        return held.view

    def _held_for(self, group: RecordId, version: int | None, revision: int = 0) -> _Held | None:
        """The kept view for an action, or for a reader who sees at least this revision in the store."""
        held = self._held.get(group)
        if held is None or version is None or held.committed is None or held.revision <= revision:
            return held
        return held.committed

    def check(self, group: RecordId, revision: int, *, version: int | None) -> View | None:
        """The view, if it has this revision or a later one; it counts as checked then."""
        held = self._held_for(group, version, revision)
        if held is None or held.revision < revision:
            return None
        self._note(held, version)
        return held.view

    def keep(self, view: View, revision: int, *, version: int | None) -> View:
        """Keep a view that was loaded at a revision, unless a later one is kept; returns the one to use."""
        held = self._held.get(view.state.group)
        if held is not None and held.revision > revision:
            return view if version is not None and held.committed is not None else held.view
        self._held[view.state.group] = held = _Held(view, revision)
        self._note(held, version)
        return view

    def _note(self, held: _Held, version: int | None) -> None:
        # A reader's snapshot may be older than another process's last write, so it doesn't count as a check for
        # actions.
        if version is None:
            held.epoch = self._epoch
        elif version != UNKNOWN:
            held.checked_at = version

    def move(self, session: AsyncSession, view: View) -> None:
        """Keep the view that an action made; it is dropped if the action fails."""
        group, moved = view.state.group, session.info.setdefault(_MOVED, set())
        held = self._held.get(group)
        before = max(held.revision, 0) if held else 0
        committed = (held.committed or held) if held else None
        self._held[group] = held = _Held(view, before if group in moved else before + 1, committed)
        held.epoch = self._epoch
        moved.add(group)
        after_commit(session, partial(self._commit, group))

    def _commit(self, group: RecordId) -> None:
        if (held := self._held.get(group)) is not None:
            held.committed = None

    def settled(self, group: RecordId) -> list[GroupState]:
        """The settled states that are kept, however old: a view that is loaded starts from one that the store knows."""
        held = self._held.get(group)
        if held is None:
            return []
        return [one.view.settled for one in (held, held.committed) if one is not None]

    def forget(self, groups: Collection[RecordId] | None = None) -> None:
        """Use views (None: all) no longer, so that they are loaded from the store again."""
        for group in list(self._held) if groups is None else groups:
            if (held := self._held.get(group)) is not None:
                self._held[group] = _Held(held.view, UNUSABLE, held.committed)

    def distrust(self) -> None:
        """Note that another process wrote, so kept views must be checked before an action uses them."""
        self._epoch += 1


def note_woken(session: AsyncSession, group: RecordId, *, by_others: bool = False) -> None:
    """Have this action's end mark a group as due; `by_others`: for a process that runs the loops."""
    session.info.setdefault(_WOKEN, {})[group] = by_others


@dataclass(frozen=True)
class Store:
    """`views`: each group's chain; `remembered`: values between two commits; `lasting`: values while a state lasts.

    `outlines`: texts without their words.
    """

    clock: Clock
    database: Database
    writer: Writer
    views: Views = field(default_factory=Views)
    remembered: Remembered = field(default_factory=Remembered)
    lasting: Lasting = field(default_factory=Lasting)
    outlines: Outlines = field(default_factory=Outlines)

    def __post_init__(self) -> None:
        self.writer.others = self.views.distrust

    @property
    def limits(self) -> Limits:
        """Limits on how often something may be tried."""
        return Limits(self.database, self.writer)

    async def remember(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """A value that is the same for everybody who may see it, made once between two commits."""
        return await self.remembered.get(await self.database.version(), key, make)

    async def write(self, action: Action[T], *, patient: bool = False) -> T:
        """Run a write action; if it fails, the views that it moved are dropped with its changes.

        `patient`: nobody waits for its result, so other actions may go first.
        """
        moved: set[RecordId] = set()

        async def watched(session: AsyncSession) -> T:
            session.info[_MOVED] = moved
            done = await action(session)
            await self.note(session)
            return done

        try:
            return await self.writer.write(charged(watched), patient=patient or gives_way())
        except BaseException:
            if moved:
                self.views.forget(moved)
            raise

    async def note(self, session: AsyncSession) -> None:
        """At the end of an action, store in its commit what is to be done afterwards, so that a crash loses nothing."""
        if moved := session.info.get(_MOVED):
            await count_revisions(session, moved)
        woken = session.info.pop(_WOKEN, {})
        own = [group for group, by_others in woken.items() if not by_others]
        others = [group for group, by_others in woken.items() if by_others]
        if own:
            await mark_due(session, own, at=self.clock() + ROUND_AFTER_MS)
        if others:
            # Where no wake-up can be sent, as on SQLite, the other process finds the due group at its next look.
            await mark_due(session, others, at=self.clock())
        for group in others:
            await send_wake_up(session, group)

    async def put(self, bulk: Bulk[I, R], item: I) -> R:
        """Give an item to a bulk handler. A refusal changes nothing; after any other error all views are dropped."""
        try:
            return await self.writer.put(bulk, item)
        except RefusedError:
            raise
        except BaseException:
            self.views.forget()
            raise
