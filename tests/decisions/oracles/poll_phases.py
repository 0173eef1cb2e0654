"""A poll's phases, walked millisecond by millisecond; for polls of a few of them."""

from collections.abc import Sequence

NAMES = ("proposals", "predictions", "bets", "voting")


def walk(opened_at: int, lengths: Sequence[int], forwards: Sequence[tuple[int, int]], until: int) -> list[str]:
    """The phase at each millisecond from `opened_at` to `until`; "over" after the voting.

    `forwards`: (at, target) in order. Going forward ends the present phase now and skips those before the target.
    """
    left = list(lengths)
    told = []
    waiting = list(forwards)
    for now in range(opened_at, until):
        while waiting and waiting[0][0] == now:
            _, target = waiting.pop(0)
            ends = [now + sum(left[: place + 1]) for place in range(3)]
            if target > now and target in ends:
                for place in range(3):
                    if ends[place] <= target:
                        left[place] = 0
        present = next((place for place in range(4) if left[place]), None)
        told.append("over" if present is None else NAMES[present])
        if present is not None:
            left[present] -= 1
    return told
