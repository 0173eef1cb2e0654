"""What actions act with: one value, made by the composition root, of parts with few fields each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from federation.group_header import GroupHeader
from federation.safe_http import SafeHttp
from pod.clock import Clock
from pod.config import Config
from pod.identity import Identity
from pod.mail import Mailer
from pod.memory import Memory
from pod.store import Session, Store
from protocol.ids import RecordId


@dataclass(frozen=True)
class Signals:
    """Messages from actions to the loops.

    `wake` (inside a write action) has a group tended; `deliver` has the outbox sent; `behind` has a gap pulled; `lacks`
    has a group's reposts fetched; `heard` reports a verified request's actor, and what its header says of a group.
    """

    wake: Callable[[Session, RecordId], None]
    deliver: Callable[[], None]
    behind: Callable[[RecordId, str], None]
    lacks: Callable[[RecordId], None]
    heard: Callable[[str, GroupHeader | None], None] = lambda _actor, _header: None


@dataclass(frozen=True)
class Outside:
    """The ways out of the pod; use them only outside of write actions."""

    http: SafeHttp
    mailer: Mailer


@dataclass(frozen=True)
class Deps:
    """The pod's parts."""

    config: Config
    clock: Clock
    store: Store
    identity: Identity
    outside: Outside
    signals: Signals
    memory: Memory = field(default_factory=Memory)
