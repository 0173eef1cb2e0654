"""What is left of an erased record: its id, what it claimed of its author, and where its paragraphs hung.

It has no proof, for the text that was signed is gone. It proves nothing by itself: a pod takes one only at a place of
the log whose root holds the id, and only beside an `Erase` by the same author that names it (ADR 0026).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from protocol.canonical import JsonObject, canonical_bytes, check_value
from protocol.ids import RecordId
from protocol.limits import MAX_PARAGRAPHS, MAX_RECORD_DEPTH
from protocol.records.content.kinds import KINDS, Leaves
from protocol.records.content.shapes import Address, Id, Natural, Number
from protocol.rules.content import ContentRule


class ErasedRecord(msgspec.Struct, frozen=True):
    """The shape of an erased record. `afters`: those of its paragraphs; `post`: the post that they belong to."""

    id: RecordId
    type: str
    group: RecordId
    author: int
    key: int
    counter: int
    post: RecordId | None = None
    afters: tuple[Address | None, ...] = ()


class _After(msgspec.Struct, frozen=True):
    """An `after` as written in the shape; empty: the start of the post."""

    record: Id | None = None
    index: Natural | None = None


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Id
    type: str
    group: Id
    author: Number
    key: Natural
    counter: Number
    erased: bool
    post: Id | None = None
    afters: Annotated[tuple[_After, ...], Meta(max_length=MAX_PARAGRAPHS)] | None = None


def parse_erased(body: object) -> ErasedRecord:
    """Parse the shape of an erased record; raises MalformedError."""
    check_value(body, max_depth=MAX_RECORD_DEPTH)
    try:
        form = msgspec.convert(body, _Form)
    except msgspec.ValidationError as error:
        raise ContentRule.NOT_ERASED.error(why=str(error)) from error
    kind = KINDS.of(form.type)
    if kind is None or kind.leaves is Leaves.ALL:
        raise ContentRule.NEVER_ERASED.error(type=form.type)
    has_afters = form.post is not None and form.afters is not None
    if not form.erased or has_afters != (kind.leaves is Leaves.PLACES):
        raise ContentRule.ERASED_POST.error()
    shape = ErasedRecord(
        form.id,
        form.type,
        form.group,
        form.author,
        form.key,
        form.counter,
        form.post,
        tuple(_address(after) for after in form.afters or ()),
    )
    _check_afters(shape)
    return shape


def wire_of_erased(shape: ErasedRecord) -> bytes:
    """The shape's canonical bytes, which pods store and send in place of the record."""
    body: JsonObject = {
        "id": shape.id,
        "type": shape.type,
        "group": shape.group,
        "author": shape.author,
        "key": shape.key,
        "counter": shape.counter,
        "erased": True,
    }
    if shape.post is not None:
        body["post"] = shape.post
        body["afters"] = [_written(after) for after in shape.afters]
    return canonical_bytes(body)


def _written(after: Address | None) -> dict[str, Any]:
    return {"record": after.record, "index": after.index} if after else {}


def _address(after: _After) -> Address | None:
    if after.record is None and after.index is None:
        return None
    if after.record is None or after.index is None:
        raise ContentRule.ERASED_AFTER.error()
    return Address(after.record, after.index)


def _check_afters(shape: ErasedRecord) -> None:
    """Check that no paragraph hangs on a later one of the same record, and that a post's own hang on each other."""
    if shape.type == "Post":
        chained = (None, *(Address(shape.id, index) for index in range(len(shape.afters) - 1)))
        if shape.post != shape.id or shape.afters != chained[: len(shape.afters)]:
            raise ContentRule.ERASED_CHAIN.error()
    for index, after in enumerate(shape.afters):
        if after is not None and after.record == shape.id and after.index >= index:
            raise ContentRule.ERASED_PLACE.error()
