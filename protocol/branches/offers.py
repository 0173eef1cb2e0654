"""Handovers that only lack signatures are kept, bounded: other copies may complete them; each shows who signed.

A liar can spread a handover in copies that reach the quorum only together. And a keeper that signs a handover says that
it never confirmed, and never will confirm, an item of a lower term beside the parent (see `protocol.keeping`).
"""

from __future__ import annotations

from typing import Final

from immutables import Map

from protocol.branches.view import Nodes, merged
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import Handover
from protocol.records.envelope import Record

# An honest keeper signs one a minute, in rising terms. A hostile one can fill only its own places.
MAX_OFFERS_PER_KEY: Final = 8

Offers = Map[RecordId, Record]


def with_offer(offers: Offers, nodes: Nodes, record: Record) -> Offers:
    """Keep a handover on one of `nodes` that some of its keepers signed; of each key the highest terms are kept."""
    known = offers.get(record.id)
    record = merged(known, record) if known else record
    if record is known or not _voters(nodes, record):
        return offers
    offers = offers.set(record.id, record)
    by_key: dict[DidKey, list[tuple[int, RecordId]]] = {}
    for item, offer in offers.items():
        for key in _voters(nodes, offer):
            by_key.setdefault(key, []).append((_handover(offer).term, item))
    kept = {item for given in by_key.values() for _, item in sorted(given)[-MAX_OFFERS_PER_KEY:]}
    return offers if len(kept) == len(offers) else Map({item: offers[item] for item in kept})


def above(offers: Offers, nodes: Nodes) -> Offers:
    """The offers whose parent is still known."""
    if not offers:
        return offers
    return Map({item: offer for item, offer in offers.items() if _handover(offer).parent in nodes})


def _voters(nodes: Nodes, record: Record) -> frozenset[DidKey]:
    handover = _handover(record)
    if handover.parent not in nodes:
        return frozenset()
    state = nodes[handover.parent].state
    keys = {key for seat in state.asked_seats for key in (seat.key, state.members[seat.member].recovery[-1])}
    return frozenset(keys.intersection(record.signers))


def _handover(record: Record) -> Handover:
    assert isinstance(record.content, Handover)
    return record.content
