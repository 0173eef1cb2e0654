"""The chain of a result's file: each item made by who may make it, in order, and confirmed by the keepers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from decisions.bundle.rules import BundleRule
from decisions.course import ChainPlace
from decisions.poll_events import OPEN_POLL, PollEvent, poll_event
from protocol.branches import resolve
from protocol.chain import follow, found
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.chain import BadOperation, Handover, Seal
from protocol.records.envelope import Record
from protocol.records.operation import Operation
from protocol.state import GroupState


@dataclass(frozen=True, slots=True)
class ChainLink:
    """An item of the chain, the root (hex) of its log, who wished something in it, and what it says of the poll."""

    mark: ChainPlace
    root: str
    authors: frozenset[int]
    events: tuple[PollEvent, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The links from the root on; the state after the item that opened the poll, and after the last one."""

    links: Sequence[ChainLink]
    opened: GroupState
    last: GroupState
    settled: int

    def first_from(self, at: int) -> ChainLink | None:
        """The first item that isn't before `at`."""
        return next((link for link in self.links if link.mark.at >= at), None)


def fold(items: Sequence[Record], acks: Sequence[Record], poll: RecordId) -> Chain:
    """Follow the chain; raises what is wrong with it."""
    state = found(items[0]).state
    links = [_link(state, (), poll)]
    opened = None
    for item in items[1:]:
        try:
            after = follow(state, item)
        except RefusedError as refusal:
            raise BundleRule.BROKEN_CHAIN.error(height=state.height + 1, why=str(refusal)) from refusal
        done = _applied(item, {place for place, _ in after.void})
        state = after.state
        links.append(_link(state, done, poll))
        if opened is None and any(event.name == OPEN_POLL for event in links[-1].events):
            opened = state
    if opened is None:
        raise BundleRule.NOT_OPENED.error()
    view = resolve(found(items[0]).state, [*items[1:], *acks])
    return Chain(links, opened, state, view.settled.height if view.head == state.head else 0)


def _link(state: GroupState, done: Sequence[Operation], poll: RecordId) -> ChainLink:
    authors = frozenset(operation.author for operation in done)
    events = tuple(event for event in map(poll_event, done) if event is not None and event.poll == poll)
    mark = ChainPlace(state.head, state.height, state.at, state.log.size)
    return ChainLink(mark, state.log.root, authors, events)


def _applied(item: Record, void: set[int]) -> list[Operation]:
    assert isinstance(item.content, Seal | Handover)
    return [
        operation
        for place, operation in enumerate(item.content.operations)
        if place not in void and not isinstance(operation, BadOperation)
    ]
