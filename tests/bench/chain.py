"""What a long chain costs: resolving 100,000 opened items, and extending the head of a short and of a long one.

`measure()` is what the bench harness calls; the figures are medians where one run would measure the neighbours.
"""

from __future__ import annotations

import gc
from statistics import median
from time import perf_counter
from typing import Final

from immutables import Map
from msgspec.structs import replace

from protocol.branches import extend, resolve
from protocol.canonical import bytes_of_checked
from protocol.chain import follow
from protocol.records.envelope import Record, reopen_record
from protocol.state import GroupState
from tests.support import community
from tests.support.community import START, a_community

LONG: Final = 100_000
SHORT: Final = 1_000
ACK_EVERY: Final = 64
ROUNDS: Final = 200


def a_long_chain(count: int) -> tuple[GroupState, list[Record]]:
    """A group's first state, and on it `count` seals with one operation each and now and then the keeper's ack.

    Opened as from our own store: the signatures are those of other records, and nobody verifies them again.
    """
    group = a_community("bench", 1)
    steward = group.people[0].pod
    base = state = group.now
    proofs = group.records[0].body["proof"], community.seal(base, steward).body["proof"]
    records: list[Record] = []
    for number in range(count):
        records.append(_seal(state, number, *proofs))
        state = follow(state, records[-1]).state
        if number % ACK_EVERY == ACK_EVERY - 1:
            records.append(community.ack(1, steward, state))
    return base, records


def _seal(state: GroupState, number: int, by_founder: object, by_steward: object) -> Record:
    header = {"rules": 1, "group": state.group}
    wish = {"type": "Operation", **header, "author": 1, "key": 0, "counter": number + 1, "at": START, "do": "event"}
    body = {
        "type": "Seal",
        **header,
        "parent": state.head,
        "height": state.height + 1,
        "term": state.term,
        "at": state.at,
        "operations": [{**wish, "with": {"name": "note"}, "proof": by_founder}],
        "log": {"size": state.log.size, "root": state.log.root},
        "proof": by_steward,
    }
    return reopen_record(bytes_of_checked(body))


def resolving(base: GroupState, records: list[Record]) -> float:
    """Seconds to find the head of `records` from scratch."""
    gc.collect()
    gc.freeze()  # the input is as old as the bench; walking it again and again is not what resolving costs
    start = perf_counter()
    view = resolve(base, records)
    elapsed = perf_counter() - start
    gc.unfreeze()
    assert view.state.height == len(records) - len(records) // (ACK_EVERY + 1)
    return elapsed


def extending(base: GroupState, records: list[Record], rounds: int = ROUNDS) -> float:
    """Seconds to add one more item to the head of a chain of which nothing is settled: the median of `rounds`."""
    items = [record for record in records if record.type == "Seal"]
    view = resolve(base, items[:-rounds])
    times = []
    for record in items[-rounds:]:
        start = perf_counter()
        view = extend(view, record)
        times.append(perf_counter() - start)
    return median(times)


def keeping(records: list[Record]) -> float:
    """Seconds to put the records, each with a state of its own, into one persistent map by id: what no rule costs."""
    state = a_community("limit", 1).now
    known: Map[str, GroupState] = Map()
    start = perf_counter()
    for height, record in enumerate(records):
        known = known.set(record.id, replace(state, head=record.id, height=height))
    elapsed = perf_counter() - start
    assert len(known) == len(records)
    return elapsed


def measure() -> list[tuple[str, float, str]]:
    """Name, figure and unit of each measurement."""
    base, records = a_long_chain(LONG)
    short = records[: SHORT + SHORT // ACK_EVERY]
    return [
        (f"{LONG} states kept in a persistent map (the limit)", keeping(records), "s"),
        (f"chain resolve, {LONG} verified items (aim 1.5)", resolving(base, records), "s"),
        (f"head extended at {SHORT} items", extending(base, short) * 1e6, "us"),
        (f"head extended at {LONG} items", extending(base, records) * 1e6, "us"),
    ]
