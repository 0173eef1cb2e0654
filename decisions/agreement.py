"""Whether a ballot was for what was decided. It decides nothing; track records show it."""

from __future__ import annotations

from typing import Final

from protocol.records.content import Ballot

LEAST_FOR: Final = 50  # a score of what won that counts as being for it


def agrees(ballot: Ballot | None, chosen: tuple[str, ...] | None) -> bool | None:
    """Whether it was for the one option that was decided; None without a ballot, an opinion or a decision.

    A score of at least LEAST_FOR is for it, and so is a first place, an approval, or the choice itself.
    """
    if ballot is None or not chosen or ballot.blank:
        return None
    won = chosen[0]
    if ballot.scores is not None:
        given = ballot.scores.get(won)
        return None if given is None else given >= LEAST_FOR
    if ballot.ranking is not None:
        return ballot.ranking[:1] == (won,)
    if ballot.approvals is not None:
        return won in ballot.approvals
    return ballot.choice == won
