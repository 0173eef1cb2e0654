"""A poll's course as a story, item by item, without asking: each item may end something, then the next holds."""

from collections.abc import Mapping, Sequence
from typing import Any

DAY = 24 * 3_600_000
Item = tuple[int, int]  # its time, and the size of its log
Won = Mapping[tuple[int, bool], tuple[str, ...]]


def first_from(items: Sequence[Item], at: int) -> int | None:
    """The place of the first item that isn't before a time."""
    return next((place for place, item in enumerate(items) if item[0] >= at), None)


def tell(items: Sequence[Item], lengths: Mapping[str, int], won: Won, voided_at: int | None) -> dict[str, Any]:
    """What became of a poll that item 0 opened, with voting alone: rounds held, who was chosen, at which item it ended.

    `won`: by round, and whether voided members are left out. `voided_at`: the item that held somebody's void.
    """
    told: dict[str, Any] = {"rounds": 1, "chosen": None, "how": "", "final": None}
    first = first_from(items, items[0][0] + lengths["voting"])
    if first is None:
        return told
    tied, last, deciding = won[1, False], first, 1
    if len(tied) > 1:
        told["rounds"] = 2
        second = first_from(items, items[first][0] + lengths["voting"])
        if second is None:
            return told
        last = second
        deciding = 2 if won[2, False] else 1
    winners = won[deciding, False]
    drawn = last
    told["how"] = "count"
    if len(winners) > 1:
        lot = first_from(items, items[last][0] + DAY)
        if lot is None:
            return {**told, "how": ""}
        drawn, told["how"] = lot, "lot"
    told["chosen"] = len(winners) > 0
    window = first_from(items, items[last][0] + lengths["contest"])
    if window is None:
        return told
    again = won[deciding, True]
    same = voided_at is None or voided_at > window or set(again) == set(winners)
    if same:
        return {**told, "final": max(drawn, window)}
    return _held_again(items, lengths, won, told, window)


def _held_again(
    items: Sequence[Item], lengths: Mapping[str, int], won: Won, told: dict[str, Any], window: int
) -> dict[str, Any]:
    told = {**told, "rounds": 3 if told["rounds"] == 2 else 2, "chosen": None, "how": ""}
    end = first_from(items, items[window][0] + lengths["voting"])
    if end is None:
        return told
    winners = won[3, False]
    if len(winners) < 2:
        return {**told, "chosen": len(winners) > 0, "how": "count", "final": end}
    lot = first_from(items, items[end][0] + DAY)
    return told if lot is None else {**told, "chosen": True, "how": "lot", "final": lot}
