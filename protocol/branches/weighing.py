"""How a branch is measured: runs of one term, who confirmed how far, what is settled, what gives way."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.branches.view import Acks, Children, Node, Nodes, Run
from protocol.ids import RecordId
from protocol.records.chain import Seat
from protocol.state import GroupState, quorum


def _quorum_height(tally: Mapping[tuple[int, Seat], int], term: int, seats: tuple[Seat, ...]) -> int:
    heights = sorted((tally.get((term, seat), -1) for seat in seats), reverse=True)
    return heights[quorum(len(seats)) - 1]


def settled_height(runs: tuple[Run, ...], tally: Mapping[tuple[int, Seat], int]) -> int:
    """The highest settled height of a branch, given its `runs` and `tally`; the first run starts at the anchor."""
    best = runs[0].first.height
    for run in runs:
        reached = _quorum_height(tally, run.term, run.first.seats)
        if run is not runs[0]:
            earlier = (_quorum_height(tally, run.term, replaced.seats) for replaced in run.first.earlier)
            if min((reached, *earlier)) < run.first.height:
                continue
        best = max(best, reached)
    return best


def path_to(nodes: Nodes, tip: RecordId) -> list[RecordId]:
    """The items from the lowest known ancestor of `tip` up to it."""
    path = []
    current: RecordId | None = tip
    while current is not None and current in nodes:
        path.append(current)
        current = nodes[current].parent
    return path[::-1]


def measure(nodes: Nodes, acks: Acks, path: list[RecordId]) -> tuple[tuple[Run, ...], dict[tuple[int, Seat], int]]:
    runs: list[Run] = []
    tally: dict[tuple[int, Seat], int] = {}
    for item in path:
        state = nodes[item].state
        if not runs or state.term != runs[-1].term:
            runs.append(Run(state.term, state))
        for ack in acks.get(item, ()):
            if (ack.height, ack.term) == (state.height, state.term):
                tally[ack.term, Seat(ack.keeper, ack.key)] = ack.height
    return tuple(runs), tally


def weighed(
    nodes: Nodes, children: Children, acks: Acks, anchor: RecordId
) -> tuple[dict[RecordId, int], dict[RecordId, frozenset[Seat]], set[RecordId]]:
    """For each item the highest term and the confirming seats above it, and the items with a settled one above."""
    terms: dict[RecordId, int] = {}
    seats: dict[RecordId, frozenset[Seat]] = {}
    settled: set[RecordId] = set()
    for item in sorted(nodes, key=lambda known: nodes[known].state.height, reverse=True):
        state = nodes[item].state
        below = children.get(item, ())
        own = (
            Seat(ack.keeper, ack.key)
            for ack in acks.get(item, ())
            if (ack.height, ack.term) == (state.height, state.term)
        )
        terms[item] = max((state.term, *(terms[child] for child in below)))
        seats[item] = frozenset(own).union(*(seats[child] for child in below))
        if not below:
            settled.update(settled_on(nodes, acks, item, anchor))
    return terms, seats, settled


def settled_on(nodes: Nodes, acks: Acks, leaf: RecordId, anchor: RecordId) -> list[RecordId]:
    """The items above `anchor` up to the highest settled one, on the way to `leaf`."""
    path = path_to(nodes, leaf)
    path = path[path.index(anchor) :] if anchor in path else path
    runs, tally = measure(nodes, acks, path)
    height = settled_height(runs, tally)
    return [item for item in path[1:] if nodes[item].state.height <= height]


def given_way(nodes: Nodes, children: Children, acks: Acks, base: RecordId, anchor: RecordId) -> RecordId:
    """The anchor after rule 4, applied until no anchor gives way any more; each step raises the epoch."""
    leaves = [item for item in nodes if not children.get(item)]
    while True:
        state = nodes[anchor].state
        if len(state.seats) != 1:
            return anchor
        rivals = []
        for leaf in leaves:
            settled = settled_on(nodes, acks, leaf, base)
            if anchor not in path_to(nodes, leaf) and any(
                may_move(state, nodes[item]) and nodes[item].recovers(nodes) for item in settled
            ):
                rivals.append(settled[-1])
        if not rivals:
            return anchor
        anchor = min(rivals, key=lambda item: (-nodes[item].state.term, -nodes[item].state.height, item))


def may_move(anchor: GroupState, node: Node) -> bool:
    """Whether the anchor's only keeper signed an item of a higher epoch with the recovery key valid at the anchor."""
    own_key = anchor.members[anchor.seats[0].member].recovery[-1]
    return own_key in node.signers and node.state.epoch > anchor.epoch


def with_side_acks(
    nodes: Nodes, acks: Acks, path: list[RecordId], tally: dict[tuple[int, Seat], int]
) -> dict[tuple[int, Seat], int]:
    """The tally of `path`, with the acks of items beside it, which also confirm ancestors on it in the same term.

    Without these, the acks of a branch that loses later would no longer settle what they settled before the fork.
    """
    on_path = frozenset(path)
    for item, given in acks.items():
        above: RecordId | None = item
        while above is not None and above in nodes and above not in on_path:
            above = nodes[above].parent
        if item not in nodes or item in on_path or above is None or above not in nodes:
            continue
        state, shared = nodes[item].state, nodes[above].state
        for ack in given:
            if (ack.height, ack.term) == (state.height, state.term) and shared.term == state.term:
                key = (ack.term, Seat(ack.keeper, ack.key))
                tally[key] = max(tally.get(key, -1), shared.height)
    return tally
