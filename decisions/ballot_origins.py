"""Where a poll's ballots came from: at which pods those who cast them are at home, and how many keys are young.

All of this is shown and decides nothing. A home is the present one: a member's number stays when they move, so that a
pod that counts later can find other homes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from protocol.state import Member

YOUNG_FOR_MS: Final = 30 * 86_400_000
MOST_PODS: Final = 12


class PodBallots(msgspec.Struct, frozen=True):
    """How many of the ballots that counted were cast by people who are at home at a pod (its address)."""

    pod: str
    ballots: int


class Origins(msgspec.Struct, frozen=True):
    """The pods with most ballots, ties by address; `others`: ballots from further ones. `young`: with young keys."""

    pods: tuple[PodBallots, ...] = ()
    others: int = 0
    young: int = 0


def origins_of(members: Mapping[int, Member], voters: Collection[int], *, since: int) -> Origins:
    """Of the `voters` who cast ballots that counted; a key is young if an item at height `since` or later set it."""
    cast = [members[number] for number in voters if number in members]
    homes = sorted(Counter(member.home.pod for member in cast).items(), key=lambda one: (-one[1], one[0]))
    return Origins(
        tuple(PodBallots(pod, ballots) for pod, ballots in homes[:MOST_PODS]),
        sum(ballots for _, ballots in homes[MOST_PODS:]),
        sum(member.keys[-1].height >= since for member in cast),
    )
