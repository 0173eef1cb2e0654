"""What a pod holds of one chain from its anchor up, as a value."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from immutables import Map

from protocol.canonical import bytes_of_checked
from protocol.chain import found, is_recovery
from protocol.errors import Refused
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.proofs import merge_proofs
from protocol.records.chain import Ack, Handover, Seal, Seat
from protocol.records.envelope import Record
from protocol.state import GroupState


class Fault(msgspec.Struct, frozen=True, gc=False):
    """Proof that a key was two-faced: two items of one term, or two acks, that no honest key signs both."""

    kind: str
    key: DidKey
    term: int
    first: RecordId
    second: RecordId


class Node(msgspec.Struct, frozen=True, gc=False):
    """A valid item with the state after it and its void operations."""

    record: Record | None
    state: GroupState
    void: tuple[tuple[int, Refused], ...] = ()

    @property
    def item(self) -> RecordId:
        """The item's id."""
        return self.state.head

    @property
    def kind(self) -> str:
        """The record's type; empty for the item that a view starts from."""
        return self.record.type if self.record else ""

    @property
    def parent(self) -> RecordId | None:
        """The parent's id; None for the item that a view starts from."""
        return self.record.content.parent if self.record and isinstance(self.record.content, Seal | Handover) else None

    @property
    def acks(self) -> tuple[Ack, ...]:
        """The acks that the item carries."""
        return self.record.content.acks if self.record and isinstance(self.record.content, Seal | Handover) else ()

    @property
    def signers(self) -> tuple[DidKey, ...]:
        """The keys that signed the item."""
        return self.record.signers if self.record else ()

    def recovers(self, nodes: Mapping[RecordId, Node]) -> bool:
        """Whether the item is a recovery handover."""
        parent = self.parent
        return parent is not None and parent in nodes and is_recovery(nodes[parent].state.term, self.state.term)


class Run(msgspec.Struct, frozen=True, gc=False):
    """The items of one term on our branch; the quorums that settle them are those of the first item's state."""

    term: int
    first: GroupState


class View(msgspec.Struct, frozen=True, gc=False):
    """One pod's view of one chain, from its anchor up. An immutable value: `extend` and `confirm` return the next one.

    `heard_beside`: keys and terms of the acks for items beside our branch.
    """

    anchor: RecordId
    head: RecordId
    nodes: Map[RecordId, Node]
    children: Map[RecordId, tuple[RecordId, ...]]
    acks: Map[RecordId, tuple[Ack, ...]]
    branch: Map[int, RecordId]
    tally: Map[tuple[int, Seat], int]
    runs: tuple[Run, ...]
    forks: int = 0
    disputed: bool = False
    faults: tuple[Fault, ...] = ()
    offers: Map[RecordId, Record] = Map()
    heard_beside: frozenset[tuple[DidKey, int]] = frozenset()

    @property
    def state(self) -> GroupState:
        """The state after the head."""
        return self.nodes[self.head].state

    @property
    def settled(self) -> GroupState:
        """The state after the anchor."""
        return self.nodes[self.anchor].state

    def holds(self, item: RecordId) -> bool:
        """Whether `item` is on our branch, at or above the anchor."""
        node = self.nodes.get(item)
        return node is not None and self.branch.get(node.state.height) == item


def merged(one: Record, other: Record) -> Record:
    """The same record with the proofs of both copies; `one` itself if `other` adds none."""
    signers = tuple(sorted({*one.signers, *other.signers}))
    if signers == one.signers:
        return one
    body = {**one.body, "proof": merge_proofs(one.body["proof"], other.body["proof"])}
    return msgspec.structs.replace(one, body=body, wire=bytes_of_checked(body), signers=signers)


def opened(root: Record) -> View:
    """The view of a chain when only the root is known."""
    return anchored(found(root).state)


def anchored(state: GroupState) -> View:
    """The view that starts at a settled item, given the state after it."""
    item = state.head
    return View(
        anchor=item,
        head=item,
        nodes=Map({item: Node(None, state)}),
        children=Map(),
        acks=Map(),
        branch=Map({state.height: item}),
        tally=Map(),
        runs=(Run(state.term, state),),
    )


Acks = Mapping[RecordId, tuple[Ack, ...]]
Nodes = Mapping[RecordId, Node]
Children = Mapping[RecordId, tuple[RecordId, ...]]
