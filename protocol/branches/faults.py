"""Proofs that a key was two-faced: pairs that no honest key signs both."""

from __future__ import annotations

from protocol.branches.view import Fault, Node, View
from protocol.branches.weighing import path_to
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import Ack


def with_item_faults(view: View, new: Node) -> tuple[Fault, ...]:
    faults = view.faults
    for other in view.nodes.values():
        if other.record is None or other.item == new.item or other.state.term != new.state.term:
            continue
        if other.kind == new.kind == "Handover" or (other.kind == new.kind and other.state.height == new.state.height):
            keys = frozenset(other.signers) & frozenset(new.signers)
        else:
            continue
        faults = _added(faults, new.kind, keys, new.state.term, other.item, new.item)
    return faults


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


def _added(
    faults: tuple[Fault, ...], kind: str, keys: frozenset[DidKey], term: int, one: RecordId, other: RecordId
) -> tuple[Fault, ...]:
    # One pair per key, kind and term is proof enough; more would let a liar fill our disk.
    known = {(fault.kind, fault.key, fault.term) for fault in faults}
    first, second = sorted((one, other))
    fresh = [Fault(kind, key, term, first, second) for key in sorted(keys) if (kind, key, term) not in known]
    return (*faults, *fresh)
