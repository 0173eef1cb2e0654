"""Which paragraphs a lens shows, each with the reason; the same inputs give every reader the same text.

Rules of this file (protocol §4, "Shown in a lens"):

1. s is a paragraph's score in a group, without the group's default. s > 0 is shown and s < 0 hidden. s = 0 is shown if
   the post's writer wrote it and didn't mark it away.
2. Of a slot only one is shown: among those that rule 1 shows the one with the highest s; among equals the one to which
   the writer's marks lead last; then the lowest address.
3. A lens of several groups asks each for rule 1 and joins the answers by any or all; for rule 2 a paragraph then counts
   with its highest s (any) or its lowest (all) (ADR 0014). A lens of no group judges as if nobody had voted.
4. An erased paragraph is never shown and takes no part in its slot.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from protocol.content import Text
from protocol.records.content import Address


class Combine(StrEnum):
    """How the verdicts of a lens's groups are combined."""

    ANY = "any"
    ALL = "all"


class Reason(StrEnum):
    """Why a paragraph is shown or hidden."""

    SUPPORTED = "supported"  # shown: score above 0
    BY_WRITER = "by_writer"  # shown: score 0, by the post's writer
    REJECTED = "rejected"  # hidden: score below 0
    BY_ANOTHER = "by_another"  # hidden: score 0, by another writer
    MARKED_AWAY = "marked_away"  # hidden: score 0, deleted or replaced by the post's writer
    OUTRANKED = "outranked"  # hidden: another paragraph of its slot is shown
    ERASED = "erased"  # hidden: its writer erased the text


SHOWN = frozenset({Reason.SUPPORTED, Reason.BY_WRITER})


class Judged(msgspec.Struct, frozen=True):
    """One paragraph in a lens. `scores` (micro units) and `reasons` are in the order of the lens's groups.

    `reason`: the one that decides; `instead`: the shown paragraph of the same slot, if there is one.
    """

    address: Address
    shown: bool
    reason: Reason
    scores: tuple[int, ...]
    reasons: tuple[Reason, ...]
    instead: Address | None = None


def see(text: Text, standings: Sequence[Mapping[Address, int]], combine: Combine = Combine.ANY) -> tuple[Judged, ...]:
    """All hung paragraphs in reading order. `standings`: for each group of the lens, the scores other than 0."""
    groups = standings or ({},)
    all_judged = {address: _alone(text, address, groups, combine) for address in text.order}
    standing = {slot: _standing(text, slot, all_judged, combine) for slot in dict.fromkeys(text.slots.values())}
    return tuple(_in_slot(judged, standing.get(text.slots.get(judged.address, ()))) for judged in all_judged.values())


def judge(text: Text, address: Address, score: int) -> Reason:
    """Rule 1, for one paragraph in one group."""
    if text.paragraph(address) is None:
        return Reason.ERASED
    if score:
        return Reason.SUPPORTED if score > 0 else Reason.REJECTED
    if text.writer_of(address) != text.writer:
        return Reason.BY_ANOTHER
    if (text.writer, address) in text.marks:
        return Reason.MARKED_AWAY
    return Reason.BY_WRITER


def _alone(text: Text, address: Address, groups: Sequence[Mapping[Address, int]], combine: Combine) -> Judged:
    scores = tuple(group.get(address, 0) for group in groups)
    reasons = tuple(judge(text, address, score) for score in scores)
    shows = [reason in SHOWN for reason in reasons]
    shown = any(shows) if combine is Combine.ANY else all(shows)
    return Judged(address, shown, reasons[shows.index(shown)], scores, reasons)


def _standing(
    text: Text, slot: tuple[Address, ...], all_judged: Mapping[Address, Judged], combine: Combine
) -> Address | None:
    most = max if combine is Combine.ANY else min
    return min(
        (address for address in slot if all_judged[address].shown),
        key=lambda address: (-most(all_judged[address].scores), address not in text.led_to, address),
        default=None,
    )


def _in_slot(judged: Judged, standing: Address | None) -> Judged:
    if standing is None or standing == judged.address:
        return judged
    if stands_back(judged):
        return msgspec.structs.replace(judged, shown=False, reason=Reason.OUTRANKED, instead=standing)
    return msgspec.structs.replace(judged, instead=standing)


def stands_back(judged: Judged) -> bool:
    """Whether a paragraph gives way to the one that stands for its slot: it does if it would be shown itself."""
    return judged.shown
