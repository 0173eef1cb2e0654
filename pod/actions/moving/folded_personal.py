"""The class `personal` of a copy, folded to the settled state of the person's own group: their present key is in it.

Nothing that a copy says of itself is believed, whether it comes from a pod or from a file. The chain is followed from
its root by the rules that judge at the door and in a pull; the log gives each item's root; each entry was logged by a
key of its author; what is erased was erased by its author; and the last item is confirmed by its keepers.
"""

from __future__ import annotations

import msgspec

from pod.actions.moving.copy_logs import ACK, ENTRY, ITEM
from pod.rules.copies import KeptCopyRule
from protocol.authorship import authored_of, check_logged
from protocol.branches import View, confirm, extend, opened
from protocol.copies import PERSONAL, CopyLine, ack_key, entry_key, item_key
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.log import Frontier, leaf_hash
from protocol.records.chain import Ack, GroupRoot, Handover, Seal
from protocol.records.content import Erase
from protocol.records.envelope import Record, open_record, reopen_record
from protocol.records.erased import ErasedRecord, parse_erased
from protocol.rules.copies import CopyRule
from protocol.state import GroupState


class _RecordLine(msgspec.Struct, frozen=True):
    """A line that carries a record; `record` is checked when it is opened."""

    key: str
    kind: str
    record: object


def opened_line(line: CopyLine) -> Record | ErasedRecord:
    """The record of a line of `personal` or `records`, its signature checked; raises MalformedError, BadProofError."""
    try:
        body = msgspec.json.decode(line.text, type=_RecordLine).record
    except msgspec.DecodeError as error:
        raise CopyRule.OTHER_LINE.error(key=line.key) from error
    return parse_erased(body) if isinstance(body, dict) and "proof" not in body else open_record(body)


class _Carried(msgspec.Struct, frozen=True):
    """What a line carries: the text of a record, or the shape of an erased one."""

    kind: str
    record: msgspec.Raw


class _Placed(msgspec.Struct, frozen=True):
    """An entry of the log that no item of the chain covers yet."""

    key: str
    index: int
    author: int
    key_index: int
    signers: tuple[DidKey, ...]


class FoldedPersonal:
    """Lines of a personal group, taken in their order; each record among them was opened before."""

    def __init__(self, group: RecordId) -> None:
        self._group = group
        self._view: View | None = None
        self._log = Frontier()
        self._uncovered: list[_Placed] = []
        self._erased: dict[RecordId, tuple[int, str]] = {}
        self._erasures: set[tuple[RecordId, int]] = set()

    def add(self, line: CopyLine) -> None:
        """Take a line; raises what it breaks."""
        carried = msgspec.json.decode(line.text, type=_Carried)
        if carried.kind == ENTRY:
            self._add_entry(line, carried)
            return
        record = reopen_record(bytes(carried.record))
        if record.group != self._group:
            raise CopyRule.NO_LINE.error()
        if carried.kind == ITEM:
            self._add_item(line, record)
        elif carried.kind == ACK:
            self._add_ack(line, record)

    def settled(self) -> GroupState:
        """The group after all lines; raises MalformedError where something of them isn't settled."""
        view = self._view
        if view is None or view.anchor != view.head or self._uncovered:
            raise KeptCopyRule.CHAIN_UNSETTLED.error()
        for record, (author, key) in self._erased.items():
            if (record, author) not in self._erasures:
                raise KeptCopyRule.LINE_UNPROVEN.error(name=PERSONAL, key=key, why="nothing erased it")
        return view.settled

    def _add_entry(self, line: CopyLine, carried: _Carried) -> None:
        index = self._log.size
        body = msgspec.json.decode(carried.record)
        if "proof" in body:
            record = reopen_record(bytes(carried.record))
            authored, own_id, group = authored_of(record), record.id, record.group
            said = (authored.author, authored.key, record.signers)
            if isinstance(record.content, Erase):
                self._erasures |= {(erased, authored.author) for erased in record.content.records}
        else:
            shape = parse_erased(body)
            said, own_id, group = (shape.author, shape.key, ()), shape.id, shape.group
            self._erased[own_id] = shape.author, line.key
        if group != self._group or line.key != entry_key(index):
            raise CopyRule.NO_LINE.error()
        self._log = self._log.append(leaf_hash(own_id))
        self._uncovered.append(_Placed(line.key, index, *said))

    def _add_item(self, line: CopyLine, record: Record) -> None:
        if self._view is None:
            if record.id != self._group or not isinstance(record.content, GroupRoot) or line.key != item_key(0, 0):
                raise CopyRule.NO_LINE.error()
            self._view = opened(record)
            return
        item = record.content
        if not isinstance(item, Seal | Handover) or line.key != item_key(item.log.size, item.height):
            raise CopyRule.NO_LINE.error()
        if (item.log.size, item.log.root) != (self._log.size, self._log.root().hex()):
            raise KeptCopyRule.OTHER_LOG.error()
        self._view = extend(self._view, record)
        if self._view.head != record.id:
            raise CopyRule.NO_LINE.error()
        # The state after the item knows each key that was valid when an entry was logged, and until where.
        for entry in self._uncovered:
            check_logged(self._view.state, entry.author, entry.key_index, entry.signers, index=entry.index)
        self._uncovered = []

    def _add_ack(self, line: CopyLine, record: Record) -> None:
        ack = record.content
        if self._view is None or not isinstance(ack, Ack):
            raise CopyRule.NO_LINE.error()
        own = ack_key(0, ack.height, ack.term, ack.item, ack.key)
        if ack.item != self._view.head or line.key.partition("/")[2] != own.partition("/")[2]:
            raise CopyRule.NO_LINE.error()
        self._view = confirm(self._view, ack)
