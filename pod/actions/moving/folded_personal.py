"""The class `personal` of a copy, folded to the settled state of the person's own group: their present key is in it.

Nothing that a copy says of itself is believed. The chain is followed from its root by the rules; each record's
signature fits; the log gives each item's root; and the last item is confirmed by its keepers.
"""

from __future__ import annotations

from typing import Final

import msgspec

from protocol.branches import resolve
from protocol.chain import follow, found
from protocol.copies import CopyLine, entry_key, item_key
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.log import Frontier, leaf_hash
from protocol.records.chain import Ack, GroupRoot, Handover, Seal
from protocol.records.envelope import CHAIN_TYPES, Record, open_record
from protocol.records.erased import ErasedRecord, parse_erased
from protocol.rules.copies import CopyRule
from protocol.state import GroupState

PERSON: Final = "person"


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


class FoldedPersonal:
    """Lines of `personal`, one after the other; memory holds a state and the last item, whatever the group holds."""

    def __init__(self, group: RecordId | None = None) -> None:
        self._group = group
        self._log = Frontier()
        self._before: GroupState | None = None
        self._state: GroupState | None = None
        self._last: Record | None = None
        self._acks: list[Record] = []

    def add(self, line: CopyLine) -> None:
        """Take the next line; raises MalformedError, which names the line, if it doesn't follow."""
        try:
            record = opened_line(line)
            if isinstance(record, ErasedRecord) or record.type not in CHAIN_TYPES:
                self._add_entry(line, record)
            elif isinstance(record.content, Ack):
                self._acks.append(record)
            else:
                self._add_item(line, record)
        except RefusedError as error:
            if error.refused.rule is CopyRule.OTHER_LINE:
                raise
            raise CopyRule.OTHER_LINE.error(key=line.key) from error

    def settled(self) -> GroupState:
        """The state after the last item; raises MalformedError if its keepers didn't confirm it."""
        if self._state is None or self._state.kind != PERSON or self._log.size != self._state.log.size:
            raise CopyRule.NOT_SETTLED.error()
        if self._last is not None and self._before is not None:
            view = resolve(self._before, [self._last, *self._acks])
            if view.settled.head != self._state.head:
                raise CopyRule.NOT_SETTLED.error()
        return self._state

    def _add_entry(self, line: CopyLine, entry: Record | ErasedRecord) -> None:
        if entry.group != self._group or line.key != entry_key(self._log.size):
            raise CopyRule.OTHER_LINE.error(key=line.key)
        self._log = self._log.append(leaf_hash(entry.id))

    def _add_item(self, line: CopyLine, item: Record) -> None:
        content = item.content
        assert isinstance(content, GroupRoot | Seal | Handover)
        if self._state is None:
            self._state = found(item).state
            if self._group not in (None, item.id):
                raise CopyRule.OTHER_LINE.error(key=line.key)
            self._group = item.id
        else:
            self._before, self._last = self._state, item
            self._state = follow(self._state, item).state
        committed = self._state.log
        fits = committed.size == self._log.size and (not committed.size or committed.root == self._log.root().hex())
        if not fits or line.key != item_key(committed.size, self._state.height):
            raise CopyRule.OTHER_LINE.error(key=line.key)
        self._acks.clear()
