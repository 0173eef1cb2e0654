"""A post as it was after each of its records, and what one such version changed in another.

Rules of this file (MD-12):

1. A version takes every record up to it as accepted, whatever votes say: it is what was written, not what is shown.
2. A paragraph that somebody marked as deleted or replaced, and didn't take back, isn't in it. Of several that stand for
   one paragraph the one that came last is.
3. Two versions are read side by side in the reading order of both together. A paragraph that went and one that came
   are one change if `replaced_by` joins them; each goes into one change only.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from protocol.content import Sheet, Text, assemble
from protocol.ids import RecordId
from protocol.records.content import Address


class Step(msgspec.Struct, frozen=True):
    """A place in two versions: the paragraph there before and after. The same address means no change."""

    before: Address | None
    after: Address | None

    @property
    def stays(self) -> bool:
        """Whether both versions have the same paragraph here."""
        return self.before == self.after


def version(post: RecordId, sheets: Sequence[Sheet]) -> tuple[Address, ...]:
    """The paragraphs of a post after these sheets, which include the post's own, in their order of arrival."""
    own = next(sheet for sheet in sheets if sheet.id == post)
    text = assemble(own, sheets)
    came = {sheet.id: place for place, sheet in enumerate(sheets)}
    gone = {paragraph for _, paragraph in text.marks}
    standing = [at for at in text.order if at not in gone and text.paragraph(at) is not None]
    latest: dict[tuple[Address, ...], Address] = {}
    for at in standing:
        slot = text.slots.get(at, (at,))
        latest[slot] = max(latest.get(slot, at), at, key=lambda one: (came[one.record], one.index))
    kept = set(latest.values())
    return tuple(at for at in standing if at in kept)


def steps(text: Text, before: Collection[Address], after: Collection[Address]) -> tuple[Step, ...]:
    """Two versions compared, side by side; `text` has all paragraphs of both."""
    old, new = set(before), set(after)
    partners = _partners(text, old - new, new - old)
    taken = set(partners.values())
    found: list[Step] = []
    for at in text.order:
        if at in old and at in new:
            found.append(Step(at, at))
        elif at in old:
            found.append(Step(at, partners.get(at)))
        elif at in new and at not in taken:
            found.append(Step(None, at))
    return tuple(found)


def _partners(text: Text, gone: Collection[Address], came: Collection[Address]) -> Mapping[Address, Address]:
    """For paragraphs that went, the paragraph that replaced each."""
    waiting: dict[tuple[Address, ...], list[Address]] = {}
    for at in text.order:
        if at in came and at in text.slots:
            waiting.setdefault(text.slots[at], []).append(at)
    partners: dict[Address, Address] = {}
    for at in text.order:
        candidates = waiting.get(text.slots.get(at, ()), []) if at in gone else []
        if candidates:
            partners[at] = candidates.pop(0)
    return partners
