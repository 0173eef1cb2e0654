"""What actions act with: one value, made by the composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from federation.group_header import GroupHeader
from federation.safe_http import SafeHttp
from federation.signatures import SigningKey
from models.engine.databases import Database
from models.engine.writer import Action, Bulk, Writer
from pod.clock import Clock
from pod.config import Config
from pod.keyring import Keyring
from pod.limiting import Limits
from pod.mail import Mailer
from pod.remembered import Remembered
from protocol.branches import View
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.chain import Home

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741  (an item, beside R, its result)
R = TypeVar("R")


_MOVED = "moved_views"


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


@dataclass
class Tries:
    """Failed proposals in one group. Forgotten at a restart, which is safe."""

    anchor: RecordId
    failed: int = 0
    counting_from: int = 0


class Proposals:
    """How this pod's proposals of handovers fared, by group, and the highest term that refusals named."""

    def __init__(self) -> None:
        self._tries: dict[RecordId, Tries] = {}
        self._highest: dict[RecordId, int] = {}

    def seen(self, group: RecordId, anchor: RecordId) -> Tries:
        """The tries as they count where the group is now: whatever settles ends the back-off."""
        tries = self._tries.setdefault(group, Tries(anchor))
        if tries.anchor != anchor:
            tries.anchor, tries.failed = anchor, 0
        return tries

    def began(self, group: RecordId, anchor: RecordId, *, now: int) -> None:
        """A term began: a new steward has as much time as the former one had."""
        self.seen(group, anchor).counting_from = now

    def tried(self, group: RecordId, *, now: int) -> None:
        """Count a proposal that this pod makes now; one that succeeds is forgotten."""
        tries = self._tries[group]
        tries.failed, tries.counting_from = tries.failed + 1, now

    def succeeded(self, group: RecordId) -> None:
        """A proposal of this pod became an item."""
        if tries := self._tries.get(group):
            tries.failed = 0
        self._highest.pop(group, None)

    def heard(self, group: RecordId, term: int) -> None:
        """A refusal named this term as the highest that the refuser signed."""
        self._highest[group] = max(self.highest(group), term)

    def highest(self, group: RecordId) -> int:
        """The highest term that counts of those that refusals named; 0 if none."""
        return self._highest.get(group, 0)


@dataclass(frozen=True)
class Crowd:
    """How many members of a group are at home on which pods. `of` is the map of members that was counted."""

    of: object
    members: int
    pods: tuple[tuple[str, int], ...]
    founded_at: int


MOST_CROWDS = 10_000


@dataclass(frozen=True)
class Deps:
    """The pod's parts.

    `views` caches each group's chain, `proposals` remembers how handovers fared, `signing_keys` are the opened keys
    of our actors, `key_making` is held while new ones are made; `beats` tell when each loop last went round; `mailer`
    sends mails, outside of actions; `limits` counts tries; `crowds` remembers how many members groups have; `wake`
    has a group tended, `deliver` the outbox sent, `behind` a gap pulled, `lacks` what it reposts fetched; `heard`
    takes note of an actor whose request was verified, and of what it told of a group; `checking` is held while a
    whole group is checked for somebody; `remembered` holds values between two commits.
    """

    config: Config
    clock: Clock
    database: Database
    writer: Writer
    keyring: Keyring
    http: SafeHttp
    mailer: Mailer
    wake: Callable[[RecordId], None]
    deliver: Callable[[], None]
    behind: Callable[[RecordId, str], None]
    lacks: Callable[[RecordId], None]
    heard: Callable[[str, GroupHeader | None], None] = lambda _actor, _header: None
    limits: Limits = field(default_factory=Limits)
    views: Views = field(default_factory=Views)
    proposals: Proposals = field(default_factory=Proposals)
    signing_keys: dict[str, SigningKey] = field(default_factory=dict)
    beats: dict[str, int] = field(default_factory=dict)
    key_making: asyncio.Lock = field(default_factory=asyncio.Lock)
    crowds: dict[RecordId, Crowd] = field(default_factory=dict)
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    remembered: Remembered = field(default_factory=Remembered)

    @property
    def base_url(self) -> str:
        """The pod's own URL."""
        return self.config.base_url

    @property
    def home(self) -> Home:
        """The pod as groups name it."""
        return Home(self.base_url, self.keyring.pod_key.did)

    def keep_crowd(self, group: RecordId, crowd: Crowd) -> Crowd:
        """Remember how many members a group has; the crowd itself."""
        if len(self.crowds) >= MOST_CROWDS:
            self.crowds.clear()
        self.crowds[group] = crowd
        return crowd

    async def remember(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """A value that is the same for everybody who may see it, made once between two commits."""
        return await self.remembered.get(self.database.version(), key, make)

    async def write(self, action: Action[T]) -> T:
        """Run a write action; if it fails, the views that it moved are forgotten with its changes."""
        moved: set[RecordId] = set()

        async def watched(session: AsyncSession) -> T:
            session.info[_MOVED] = moved
            return await action(session)

        try:
            return await self.writer.write(watched)
        except BaseException:
            if moved:
                self.views.forget(moved)
            raise

    async def put(self, bulk: Bulk[I, R], item: I) -> R:
        """Give an item to a bulk handler; a refusal changed nothing, any other failure may have."""
        try:
            return await self.writer.put(bulk, item)
        except RefusedError:
            raise
        except BaseException:
            self.views.forget()
            raise
