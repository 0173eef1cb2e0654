"""Which members a move of the head may have changed, told by the operations of its item and not by walking them all."""

from __future__ import annotations

from protocol.branches import View
from protocol.records.chain import BadOperation, Handover, Seal
from protocol.records.operation import SetWeight


def may_have_changed(before: View, after: View) -> set[int]:
    """The numbers: those of the item's operations where the head moved by one item, else all."""
    head = after.nodes[after.head]
    if head.parent != before.head or head.record is None:
        return {*before.state.members, *after.state.members}
    content = head.record.content
    assert isinstance(content, Seal | Handover)
    touched = set(range(before.state.last_number + 1, after.state.last_number + 1))
    for operation in content.operations:
        if not isinstance(operation, BadOperation):
            touched.add(operation.author)
            if isinstance(operation.wish, SetWeight):
                touched.add(operation.wish.member)
    return touched
