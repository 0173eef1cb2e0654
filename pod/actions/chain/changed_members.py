"""Which members items may have changed, told by their operations and not by walking all members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from protocol.branches import Node, View
from protocol.ids import RecordId
from protocol.records.chain import BadOperation, Handover, Seal
from protocol.records.operation import Join, SetWeight


class Touched(NamedTuple):
    """Members (by number) and invitations that items may have changed."""

    members: set[int]
    invitations: set[RecordId]


def touched(nodes: Mapping[RecordId, Node], start: RecordId, end: RecordId) -> Touched | None:
    """What the items above `start` up to `end` may have changed; None if an item between them isn't known."""
    found = Touched(set(), set())
    while end != start:
        node = nodes.get(end)
        parent = nodes.get(node.parent) if node is not None and node.parent else None
        if node is None or node.record is None or parent is None:
            return None
        found.members.update(range(parent.state.last_number + 1, node.state.last_number + 1))
        content = node.record.content
        assert isinstance(content, Seal | Handover)
        _note(found, content)
        end = parent.item
    return found


def _note(found: Touched, item: Seal | Handover) -> None:
    for operation in item.operations:
        if isinstance(operation, BadOperation):
            continue
        found.members.add(operation.author)
        if isinstance(operation.wish, SetWeight):
            found.members.add(operation.wish.member)
        if isinstance(operation.wish, Join) and operation.wish.invitation is not None:
            found.invitations.add(operation.wish.invitation.id)


def may_have_changed(before: View, after: View) -> set[int]:
    """The members that may differ: those that the new items touch; all, if the new items aren't known."""
    found = touched(after.nodes, before.head, after.head)
    return {*before.state.members, *after.state.members} if found is None else found.members
