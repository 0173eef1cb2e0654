"""What actions act with: one value, made by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from federation.group_header import GroupHeader
from federation.safe_http import SafeHttp
from models.engines import Database
from models.writer import Action, Writer
from pod.clock import Clock
from pod.config import Config
from pod.keyring import Keyring
from protocol.branches import View
from protocol.ids import RecordId
from protocol.records.chain import Home

T = TypeVar("T")


@dataclass(frozen=True)
class Deps:
    """The pod's parts.

    `views` caches each group's chain; `wake` has a group tended, `deliver` the outbox sent, `behind` a gap pulled;
    `heard` takes note of an actor whose request was verified, and of what it told of a group.
    """

    config: Config
    clock: Clock
    database: Database
    writer: Writer
    keyring: Keyring
    http: SafeHttp
    wake: Callable[[RecordId], None]
    deliver: Callable[[], None]
    behind: Callable[[RecordId, str], None]
    heard: Callable[[str, GroupHeader | None], None] = lambda _actor, _header: None
    views: dict[RecordId, View] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """The pod's own URL."""
        return self.config.base_url

    @property
    def home(self) -> Home:
        """The pod as groups name it."""
        return Home(self.base_url, self.keyring.pod_key.did)

    async def write(self, action: Action[T]) -> T:
        """Run a write action; on any failure the cached views are dropped, for the store is what holds."""
        try:
            return await self.writer.write(action)
        except BaseException:
            self.views.clear()
            raise
