"""The part of a text that a page shows, with the other versions of its paragraphs, which are judged together.

Where a part ends follows from the reading order alone, so it is the same in every lens.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

import msgspec

from pod.actions.reading.post.slices import MOST_PARAGRAPHS
from protocol.content import Text
from protocol.records.content import Address

MOST_ADDRESSES: Final = 2 * MOST_PARAGRAPHS  # of a part, versions of a paragraph included


class Portion(msgspec.Struct, frozen=True):
    """The paragraphs of a part: `start` is its beginning in reading order, `next` the beginning of the next part.

    `next` is None at the end.
    """

    own: tuple[Address, ...]
    start: int = 0
    next: int | None = None

    @property
    def whole(self) -> bool:
        """Whether this part is the whole text."""
        return not self.start and self.next is None


# Chooses a part of a text: its own paragraphs first, then the other paragraphs of their slots.
Choose = Callable[[Text], tuple[Text, Portion]]


def all_of(text: Text) -> tuple[Text, Portion]:
    """The whole text."""
    return text, Portion(text.order)


def part_from(text: Text, start: int, about: Address | None = None) -> tuple[Text, Portion]:
    """The part that begins at `start`: a bounded number of paragraphs; versions of one paragraph count once.

    With `start` 0 it begins at the paragraph `about`, unless that is on the first page anyway.
    """
    if not start and about in text.order:
        place = text.order.index(about)
        start = place if place >= MOST_PARAGRAPHS else 0
    start = min(start, max(0, len(text.order) - 1))
    slots: set[Address] = set()
    end = start
    for address in text.order[start : start + MOST_ADDRESSES]:
        slots.add(text.slots.get(address, (address,))[0])
        if len(slots) > MOST_PARAGRAPHS:
            break
        end += 1
    last = end == len(text.order)
    own = text.order[start:end]
    return _narrowed(text, own, text.waiting if last else ()), Portion(own, start, None if last else end)


def part_of(text: Text, addresses: Collection[Address]) -> tuple[Text, Portion]:
    """The paragraphs at these addresses, without those that aren't placed in the text."""
    hung = tuple(at for at in addresses if _is_known(text, at) and at not in text.waiting)
    return _narrowed(text, hung), Portion(hung)


def _is_known(text: Text, address: Address) -> bool:
    sheet = text.sheets.get(address.record)
    return sheet is not None and address.index < len(sheet.paragraphs)


def _narrowed(text: Text, own: Sequence[Address], waiting: Sequence[Address] = ()) -> Text:
    slots = {address: text.slots[address] for address in own if address in text.slots}
    beside = {other for slot in slots.values() for other in slot}
    order = (*own, *sorted(beside - set(own)))
    records = {text.post, *(address.record for address in (*order, *waiting))}
    return msgspec.structs.replace(
        text,
        sheets={record: text.sheets[record] for record in records},
        order=order,
        waiting=tuple(waiting),
        slots={address: slot for slot in slots.values() for address in slot},
    )
