"""The shapes in which other pods get pages of a group's lists."""

from __future__ import annotations

import msgspec

from protocol.ids import RecordId


class ChainPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Items from a height on, rival branches too, and their acks; `next` is the height to go on from, if any is left.

    The last page also has each seat's highest ack, of lower items too. `head` is this pod's.
    """

    items: list[msgspec.Raw]
    acks: list[msgspec.Raw]
    head: RecordId
    next: int | None = None


class LogPage(msgspec.Struct, frozen=True):
    """Log entries."""

    entries: list[msgspec.Raw]


class PendingPage(msgspec.Struct, frozen=True):
    """What the log lacks; `next` is where to go on. `operations`: whether any wait for a seal. `head` is this pod's."""

    records: list[msgspec.Raw]
    next: int
    operations: bool
    head: RecordId


class OperationsPage(msgspec.Struct, frozen=True):
    """Operations that wait for a seal; `next` is where to go on."""

    operations: list[msgspec.Raw]
    next: int
