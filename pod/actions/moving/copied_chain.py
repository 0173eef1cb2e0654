"""The personal group as a copy has it, folded from its root: its chain, its log's roots, and who wrote each entry.

The same functions judge here as at the door and in a pull, and nothing is written to the groups' own tables. What
breaks a rule is named by its line, and goes from the copy with all that follows, so that trying again reads it anew.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec

from pod.actions.moving.copy_classes import CopyPage
from pod.actions.moving.copy_logs import ACK, ENTRY, ITEM
from pod.actions.moving.taken_copies import CopyPart, kept_page, take_page
from pod.budgets.steps import let_others
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from protocol.authorship import authored_of, check_logged
from protocol.branches import View, confirm, extend, opened
from protocol.copies import PERSONAL, CopyLine, ack_key, entry_key, item_key
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.log import Frontier, leaf_hash
from protocol.records.chain import Ack, GroupRoot, Handover, Seal
from protocol.records.content import Erase
from protocol.records.envelope import CHAIN_TYPES, Record, open_record, reopen_record
from protocol.records.erased import ErasedRecord, parse_erased
from protocol.rules.copies import CopyRule
from protocol.state import GroupState

PERSON: Final = 1  # the number of a personal group's person in it


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


def check_entry(line: CopyLine, group: RecordId | None) -> None:
    """Refuse a line whose record doesn't open, or isn't of its group; `group`: None for `records`, whose keys name it.

    Raises the refusal of the record, or MalformedError.
    """
    body = _body_of(line)
    entry: Record | ErasedRecord = parse_erased(body) if "proof" not in body else open_record(body)
    if entry.group != (group or line.key.partition("/")[0]):
        raise CopyRule.NO_LINE.error()
    if group is None and (entry.type in CHAIN_TYPES or line.key != entry_key(_index_in(line.key), entry.group)):
        raise CopyRule.NO_LINE.error()


async def settled_person(deps: Deps, copy: int, group: RecordId) -> GroupState:
    """The personal group after the last item that a copy has of it, which must be settled.

    Raises MalformedError, and then the copy hasn't the line any more that broke a rule.
    """
    fold, cursor = _Fold(group), ""
    while True:
        async with deps.store.database.read() as session:
            page = await kept_page(session, copy, PERSONAL, cursor)
        for line in page.lines:
            try:
                fold.add(line)
            except RefusedError as refusal:
                await _forget(deps, copy, cursor)
                raise KeptCopyRule.LINE_UNPROVEN.error(name=PERSONAL, key=line.key, why=str(refusal)) from refusal
            cursor = line.key
            await let_others()
        if page.next is None:
            break
    try:
        return fold.settled()
    except RefusedError:
        await _forget(deps, copy, "")
        raise


def check_of_person(state: GroupState, pod: str) -> None:
    """Refuse a personal group whose person isn't at home at this pod any more: a recovery elsewhere moved them."""
    if state.kind != "person" or PERSON not in state.members:
        raise KeptCopyRule.COPY_OF_NO_PERSON.error()
    if state.members[PERSON].home.pod != pod:
        raise KeptCopyRule.MOVED_ELSEWHERE.error(pod=state.members[PERSON].home.pod)


async def _forget(deps: Deps, copy: int, after: str) -> None:
    """Drop what a copy has of the personal group after a line."""
    none = CopyPage((), None)
    await deps.store.write(partial(take_page, copy=copy, part=CopyPart(PERSONAL), after=after, page=none))


class _Fold:
    """Lines of a personal group, taken in their order."""

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


def _body_of(line: CopyLine) -> dict[str, Any]:
    body = msgspec.json.decode(line.text).get("record")
    if type(body) is not dict:
        raise CopyRule.NO_LINE.error()
    return body


def _index_in(key: str) -> int:
    index = key.partition("/")[2]
    if not index.isdecimal() or not index.isascii():
        raise CopyRule.NO_LINE.error()
    return int(index)
