"""Proofs that a key was two-faced: pairs that no honest key signs both."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.branches.view import Acks, Fault, Node, Nodes, View
from protocol.branches.weighing import path_to
from protocol.chain import is_recovery
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import Ack


def with_item_faults(view: View, new: Node) -> tuple[Fault, ...]:
    faults = view.faults
    for other in view.nodes.values():
        if other.record is None or other.item == new.item or other.state.term != new.state.term:
            continue
        if other.kind == new.kind == "Handover" or (other.kind == new.kind and other.state.height == new.state.height):
            keys = spoke(view.nodes, other) & spoke(view.nodes, new)
        else:
            continue
        faults = _added(faults, new.kind, keys, new.state.term, other.item, new.item)
    return faults


def spoke(nodes: Nodes, node: Node) -> frozenset[DidKey]:
    """The keys that an item commits: its signers, and the seats for which a recovery key signed an ordinary handover.

    So a seat is also two-faced if it signs one handover with its own key and a rival one with its member's recovery
    key. In a recovery, recovery keys speak for people and not for seats.
    """
    signers = frozenset(node.signers)
    parent = nodes.get(node.parent) if node.parent is not None else None
    if node.kind != "Handover" or parent is None or is_recovery(parent.state.term, node.state.term):
        return signers
    state = parent.state
    return signers | {seat.key for seat in state.asked_seats if state.members[seat.member].recovery[-1] in signers}


def with_ack_faults(view: View, ack: Ack) -> tuple[Fault, ...]:
    faults = view.faults
    own = path_to(view.nodes, ack.item)
    for given in view.acks.values():
        for other in given:
            if other.key == ack.key and other.term == ack.term and other.item in view.nodes:
                theirs = path_to(view.nodes, other.item)
                if other.item not in own and ack.item not in theirs and own:
                    faults = _added(faults, "Ack", frozenset({ack.key}), ack.term, other.item, ack.item)
    return faults


def all_faults(nodes: Nodes, acks: Acks) -> tuple[Fault, ...]:
    """All faults that items and acks prove, computed from scratch; with the same keys and terms as one by one."""
    faults: tuple[Fault, ...] = ()
    rivals: dict[tuple[str, int, int], list[Node]] = {}
    for node in nodes.values():
        if node.record is not None:
            height = node.state.height if node.kind == "Seal" else 0
            rivals.setdefault((node.kind, node.state.term, height), []).append(node)
    for (kind, term, _), given in rivals.items():
        for place, node in enumerate(given):
            for other in given[:place]:
                keys = spoke(nodes, other) & spoke(nodes, node)
                faults = _added(faults, kind, keys, term, other.item, node.item)
    return _with_forked_acks(faults, nodes, acks)


def _with_forked_acks(faults: tuple[Fault, ...], nodes: Nodes, acks: Acks) -> tuple[Fault, ...]:
    confirmed: dict[tuple[DidKey, int], set[RecordId]] = {}
    for item, given in acks.items():
        if item in nodes:
            for ack in given:
                confirmed.setdefault((ack.key, ack.term), set()).add(item)
    for (key, term), items in confirmed.items():
        highest = max(items, key=lambda item: (nodes[item].state.height, item))
        beside = items - _down_to(nodes, highest, min(nodes[item].state.height for item in items))
        if beside:
            faults = _added(faults, "Ack", frozenset({key}), term, min(beside), highest)
    return faults


def _down_to(nodes: Mapping[RecordId, Node], item: RecordId, height: int) -> set[RecordId]:
    path = set()
    current: RecordId | None = item
    while current is not None and current in nodes and nodes[current].state.height >= height:
        path.add(current)
        current = nodes[current].parent
    return path


def _added(
    faults: tuple[Fault, ...], kind: str, keys: frozenset[DidKey], term: int, one: RecordId, other: RecordId
) -> tuple[Fault, ...]:
    # One pair per key, kind and term is enough proof; with more, a dishonest keeper could fill our disk.
    known = {(fault.kind, fault.key, fault.term) for fault in faults}
    first, second = sorted((one, other))
    fresh = [Fault(kind, key, term, first, second) for key in sorted(keys) if (kind, key, term) not in known]
    return (*faults, *fresh)
