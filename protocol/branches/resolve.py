"""Which branch of a chain holds: the same set of items and acks gives every pod the same head, in any order.

 1 Start at the anchor: the last item seen settled. It only moves forward.
 2 At a fork take the child whose valid subtree holds a settled item; else the highest term; else the most keepers of
   the fork point confirming it; else the lowest id. The last two decide only after a provable fault, kept as evidence.
 3 An item is settled when a quorum of the keepers in force confirmed, in one term, it or later ones; the first item of
   a term needs the new keepers' quorum, the old ones' and that of each earlier set not yet shown; nothing in a term is
   settled before its first item. (A recovery's signatures stand for the old keepers; see `protocol.chain`.)
 4 While the anchor's state has one keeper, the anchor gives way to a branch of a higher epoch that holds a settled
   recovery, after the fork, signed by the recovery key in the anchor's own state.

`extend` and `confirm` cost O(1) for what speaks for the chosen branch; `resolve` computes everything from scratch and
must give the same view. Spec: protocol.md section 3, "Which branch".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from immutables import Map
from msgspec.structs import replace

from protocol.branches.faults import all_faults, with_ack_faults, with_item_faults
from protocol.branches.offers import Offers, above, with_offer
from protocol.branches.view import Node, Nodes, Run, View, merged
from protocol.branches.weighing import given_way, measure, path_to, settled_height, weighed, with_side_acks
from protocol.chain import follow
from protocol.errors import BrokenItemError, ShortOfQuorumError, UnknownParentError
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import Ack, Handover, Seal, Seat
from protocol.records.envelope import Record
from protocol.rules.items import ItemRule
from protocol.state import GroupState

Key = TypeVar("Key", RecordId, int)
Value = TypeVar("Value")


def extend(view: View, record: Record) -> View:
    """Add an item; an item that is known gets the proofs of both copies."""
    if record.id in view.nodes:
        return _with_proofs(view, view.nodes[record.id], record)
    if record.id in view.offers:
        record = merged(view.offers[record.id], record)
    node, parent = _grown(view.nodes, record, floor=view.settled.height)
    siblings = view.children.get(parent, ())
    straight = parent == view.head and not siblings
    view = replace(
        view,
        nodes=view.nodes.set(record.id, node),
        children=view.children.set(parent, (*siblings, record.id)),
        forks=view.forks + bool(siblings),
        offers=view.offers.delete(record.id) if record.id in view.offers else view.offers,
    )
    noted = view
    for ack in node.acks:
        noted = _noted(noted, ack)
    heard, view = noted is not view, noted
    if not straight or (view.forks and heard):
        return _assessed(replace(view, faults=with_item_faults(view, node)) if view.forks else view)
    state = node.state
    view = replace(
        view,
        head=record.id,
        branch=view.branch.set(state.height, record.id),
        runs=view.runs if state.term == view.runs[-1].term else (*view.runs, Run(state.term, state)),
    )
    return _settled(_counted(view, view.acks.get(record.id, ())) if not node.acks else _recounted(view))


def offered(view: View, record: Record) -> View:
    """Keep a handover that `extend` refused for lack of signatures, because other copies may complete it."""
    return replace(view, offers=with_offer(view.offers, view.nodes, record))


def _with_proofs(view: View, node: Node, record: Record) -> View:
    both = merged(node.record, record) if node.record else None
    if both is node.record or both is None:
        return view
    node = replace(node, record=both)
    view = replace(view, nodes=view.nodes.set(record.id, node))
    return replace(view, faults=with_item_faults(view, node)) if view.forks else view


def confirm(view: View, ack: Ack) -> View:
    """Add a keeper's ack, of a known item or of one that may still come."""
    noted = _noted(view, ack)
    if noted is view:
        return view
    if noted.forks and not _is_straight(noted, ack):
        return _assessed(replace(noted, faults=with_ack_faults(noted, ack)))
    return _settled(_counted(noted, (ack,)))


def _is_straight(view: View, ack: Ack) -> bool:
    """Whether an ack is for our branch, and its key has no ack beside it in that term; then the choice can't change.

    At every fork such an ack counts for the child that is chosen already.
    """
    return view.holds(ack.item) and (ack.key, ack.term) not in view.heard_beside


def resolve(base: GroupState, records: Iterable[Record], anchor: RecordId | None = None) -> View:
    """The view of all items above `base`, from scratch; `anchor` (default: `base`) is `base` or stands above it.

    Items that don't follow their parent are left out, with all items above them.
    """
    nodes, children, acks, offers = _gathered(base, records)
    forks = sum(len(siblings) - 1 for siblings in children.values())
    chosen = anchor if anchor in nodes else base.head
    if forks:
        chosen = given_way(nodes, children, acks, base.head, chosen)
    view = View(
        anchor=chosen,
        head=chosen,
        nodes=Map(nodes),
        children=Map({parent: tuple(ids) for parent, ids in children.items()}),
        acks=Map({item: tuple(given) for item, given in acks.items()}),
        branch=Map(),
        tally=Map(),
        runs=(),
        forks=forks,
        faults=all_faults(nodes, acks) if forks else (),
        offers=offers,
    )
    return _assessed(_pruned(view, chosen) if forks or chosen != base.head else view)


def _grown(nodes: Nodes, record: Record, *, floor: int) -> tuple[Node, RecordId]:
    item = record.content
    if not isinstance(item, Seal | Handover):
        raise ItemRule.NO_LINK.error()
    parent = nodes.get(item.parent)
    if parent is None:
        if item.height <= floor:
            raise ItemRule.SETTLED_HERE.error(height=item.height)
        raise ItemRule.PARENT_UNKNOWN.error(parent=item.parent)
    followed = follow(parent.state, record)
    return Node(record, followed.state, followed.void), item.parent


def _gathered(
    base: GroupState, records: Iterable[Record]
) -> tuple[dict[RecordId, Node], dict[RecordId, tuple[RecordId, ...]], dict[RecordId, tuple[Ack, ...]], Offers]:
    nodes = {base.head: Node(None, base)}
    children: dict[RecordId, tuple[RecordId, ...]] = {}
    acks: dict[RecordId, tuple[Ack, ...]] = {}
    offers: Offers = Map()
    items, given = _sorted_out(records)
    for record in items:
        try:
            node, parent = _grown(nodes, record, floor=-1)
        except ShortOfQuorumError:
            offers = with_offer(offers, nodes, record)
            continue
        except (BrokenItemError, UnknownParentError):
            continue
        nodes[record.id] = node
        children[parent] = (*children.get(parent, ()), record.id)
        given.extend(node.acks)
    for ack in given:
        known = acks.get(ack.item, ())
        if ack not in known:
            acks[ack.item] = (*known, ack)
    return nodes, children, acks, offers


def _sorted_out(records: Iterable[Record]) -> tuple[list[Record], list[Ack]]:
    """The items, by height, each with the proofs of all its copies; and the acks."""
    items: dict[RecordId, tuple[int, Record]] = {}
    given: list[Ack] = []
    for record in records:
        content = record.content
        if isinstance(content, Seal | Handover):
            # One copy's proofs may lack the quorum that another copy has, or that only all copies have together.
            seen = items.get(record.id)
            items[record.id] = (content.height, merged(seen[1], record) if seen else record)
        elif isinstance(content, Ack):
            given.append(content)
    return [record for _, record in sorted(items.values(), key=lambda entry: entry[0])], given


def _noted(view: View, ack: Ack) -> View:
    known = view.acks.get(ack.item, ())
    if ack in known or ack.height < view.settled.height:
        return view
    return replace(view, acks=view.acks.set(ack.item, (*known, ack)))


def _counted(view: View, acks: Iterable[Ack]) -> View:
    tally = view.tally
    for ack in acks:
        node = view.nodes.get(ack.item)
        if node is None or view.branch.get(ack.height) != ack.item or node.state.term != ack.term:
            continue
        key = (ack.term, Seat(ack.keeper, ack.key))
        if tally.get(key, -1) < ack.height:
            tally = tally.set(key, ack.height)
    return view if tally is view.tally else replace(view, tally=tally)


def _recounted(view: View) -> View:
    # An item carries acks of its ancestors; those still above the anchor count.
    node = view.nodes[view.head]
    return _counted(_counted(view, node.acks), view.acks.get(view.head, ()))


def _settled(view: View) -> View:
    height = settled_height(view.runs, view.tally)
    if height <= view.settled.height:
        return view
    anchor = view.branch[height]
    return _pruned(view, anchor) if view.forks else _advanced(view, anchor)


def _advanced(view: View, anchor: RecordId) -> View:
    """Move the anchor up where there is only one branch, and drop the items below it."""
    state = view.nodes[anchor].state
    gone = [(height, view.branch[height]) for height in range(view.settled.height, state.height)]
    forget = _without_few if 2 * len(gone) < len(view.nodes) else _without_many
    items = [item for _, item in gone]
    known = forget(view.nodes, items)
    runs, tally = _trimmed(view, state)
    return replace(
        view,
        anchor=anchor,
        nodes=known,
        children=forget(view.children, items),
        acks=forget(view.acks, items),
        branch=forget(view.branch, [height for height, _ in gone]),
        runs=runs,
        tally=tally,
        offers=above(view.offers, known),
    )


def _without_few(full: Map[Key, Value], keys: list[Key]) -> Map[Key, Value]:
    """Remove the keys one by one, so that the rest, which may be long, is shared and not copied."""
    rest = full.mutate()
    for key in keys:
        rest.pop(key, None)
    return rest.finish()


def _without_many(full: Map[Key, Value], keys: list[Key]) -> Map[Key, Value]:
    gone = frozenset(keys)
    return Map({key: value for key, value in full.items() if key not in gone})


def _trimmed(view: View, state: GroupState) -> tuple[tuple[Run, ...], Map[tuple[int, Seat], int]]:
    runs = (Run(state.term, state), *(run for run in view.runs if run.term > state.term))
    if state.term == view.runs[0].term:
        return runs, view.tally
    return runs, Map({key: height for key, height in view.tally.items() if key[0] >= state.term})


def _pruned(view: View, anchor: RecordId) -> View:
    """Keep only what descends from `anchor`, and measure its branch again."""
    kept, queue = [anchor], [anchor]
    while queue:
        below = view.children.get(queue.pop(), ())
        kept.extend(below)
        queue.extend(below)
    kept_set = frozenset(kept)
    height = view.nodes[anchor].state.height
    children = Map({item: view.children[item] for item in kept if item in view.children})
    nodes = Map({item: view.nodes[item] for item in kept})
    return _measured(
        replace(
            view,
            anchor=anchor,
            nodes=nodes,
            offers=above(view.offers, nodes),
            children=children,
            # Each ack by its own height, so that one with a false height doesn't remove honest ones.
            acks=Map({item: high for item, acks in view.acks.items() if (high := _at_least(acks, height))}),
            forks=sum(len(siblings) - 1 for siblings in children.values()),
        ),
        [item for item in path_to(view.nodes, view.head) if item in kept_set] or [anchor],
    )


def _at_least(acks: tuple[Ack, ...], height: int) -> tuple[Ack, ...]:
    return tuple(ack for ack in acks if ack.height >= height)


def _measured(view: View, path: list[RecordId]) -> View:
    runs, tally = measure(view.nodes, view.acks, path)
    if view.forks:
        tally = with_side_acks(view.nodes, view.acks, path, tally)
    branch = Map({view.nodes[item].state.height: item for item in path})
    view = replace(view, head=path[-1], branch=branch, runs=runs, tally=Map(tally))
    return replace(view, heard_beside=_heard_beside(view))


def _heard_beside(view: View) -> frozenset[tuple[DidKey, int]]:
    if not view.forks:
        return frozenset()
    beside = (ack for item, given in view.acks.items() if not view.holds(item) for ack in given)
    return frozenset((ack.key, ack.term) for ack in beside)


def _assessed(view: View) -> View:
    """Choose the branch from the anchor up, from scratch, and move the anchor to the highest settled item on it."""
    if not view.forks:
        path = [view.anchor]
        while below := view.children.get(path[-1]):
            path.append(below[0])
        return _settled(_measured(view, path))
    subtree_term, subtree_seats, settled = weighed(view.nodes, view.children, view.acks, view.anchor)
    path, disputed = [view.anchor], False
    while below := view.children.get(path[-1]):
        seats = frozenset(view.nodes[path[-1]].state.seats)
        disputed = disputed or sum(child in settled for child in below) > 1
        lowest_first = sorted(below)
        path.append(
            max(
                lowest_first,
                key=lambda child: (child in settled, subtree_term[child], len(seats & subtree_seats[child])),
            )
        )
    return _settled(replace(_measured(view, path), disputed=view.disputed or disputed))
