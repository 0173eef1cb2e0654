"""What becomes of a result when members say that their votes weren't theirs (decisions §1, contest).

Rules of this file:

1. A voided member counts as not having voted nor delegated. No older ballot revives; who named them as delegate goes on
   to the next of their list.
2. The count is repeated once without all voided members, at the end of the window. The quorum is judged on the first
   count: the winners of both are asked for with the same `quorum_met`.
3. The result stands if the repeated count chooses the same: the same winners (so a lot among them stands, too), or
   alone the one whom the lot chose. Else nobody is chosen, and voting alone is held once more; that is final.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from decisions.delegate_lock import StandingEntries

Content = TypeVar("Content")


def without(counted: StandingEntries[Content], voided: Collection[int]) -> StandingEntries[Content]:
    """What counts once the `voided` members' ballots and delegations don't."""
    return StandingEntries(
        {author: ballot for author, ballot in counted.ballots.items() if author not in voided},
        {author: lists for author, lists in counted.delegations.items() if author not in voided},
        counted.delegates,
    )


def stands(
    winners: tuple[str, ...], chosen: str | None, repeated: tuple[str, ...], *, held_again: bool = False
) -> bool:
    """Whether the result holds: `winners` of the first count and the one `chosen` of them, and those of the `repeated`.

    `held_again`: whether the first count is already that of voting held once more.
    """
    return held_again or set(repeated) == set(winners) or repeated == (chosen,)
