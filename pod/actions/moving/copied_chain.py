"""The personal group as a copy has it, folded from its root (`folded_personal.py`).

Nothing is written to the groups' own tables. What breaks a rule is named by its line, and goes from the copy with all
that follows, so that trying again reads it anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

import msgspec

from pod.actions.moving.copy_classes import CopyPage
from pod.actions.moving.folded_personal import FoldedPersonal
from pod.actions.moving.taken_copies import CopyPart, kept_page, take_page
from pod.budgets.steps import let_others
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from protocol.copies import PERSONAL, CopyLine, entry_key
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.envelope import CHAIN_TYPES, Record, open_record
from protocol.records.erased import ErasedRecord, parse_erased
from protocol.rules.copies import CopyRule
from protocol.state import GroupState

PERSON: Final = 1  # the number of a personal group's person in it


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
    fold, cursor = FoldedPersonal(group), ""
    async for line in _lines_of(deps, copy):
        try:
            fold.add(line)
        except RefusedError as refusal:
            await _forget(deps, copy, cursor)
            raise KeptCopyRule.LINE_UNPROVEN.error(name=PERSONAL, key=line.key, why=str(refusal)) from refusal
        cursor = line.key
    try:
        return fold.settled()
    except RefusedError:
        await _forget(deps, copy, "")
        raise


def chain_rank(person: GroupState) -> str:
    """How far the chain and log of a copy go, to be compared as text: its term, its height, its log's size.

    A recovery begins a higher term. What a pod that was left signs after it, at whatever time, has a lower one.
    """
    return "".join(f"{number:016x}" for number in (person.term, person.height, person.log.size))


async def peek_person(deps: Deps, copy: int, group: RecordId) -> GroupState | None:
    """As `settled_person` of a copy that others may be writing: nothing is dropped; None: it can't be told yet."""
    fold = FoldedPersonal(group)
    try:
        async for line in _lines_of(deps, copy):
            fold.add(line)
        return fold.settled()
    except RefusedError:
        return None


async def _lines_of(deps: Deps, copy: int) -> AsyncIterator[CopyLine]:
    """What a copy has of the personal group."""
    cursor: str | None = ""
    while cursor is not None:
        async with deps.store.database.read() as session:
            page = await kept_page(session, copy, PERSONAL, cursor)
        for line in page.lines:
            yield line
            await let_others()
        cursor = page.next


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
