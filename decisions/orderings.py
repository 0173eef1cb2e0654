"""In which order things are listed, and why: the same for everybody, or an order of one's own that favours nobody.

Rules of this file (decisions §1, "Open ballots"; §2, "Order"):

1. Predictions: those with opposed bets first, then by the sum of the predictor scores of who bet on them, the highest
   first, then by id.
2. Proposals, after the close: by the sum of their scores, the highest first, then by id.
3. An order of one's own: by sha256(member number in decimal digits ‖ id), as bytes. A poll's options have it while one
   may vote, and so have ties among recommended delegates, so that no place in a list gains votes.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from hashlib import sha256

import msgspec

from decisions.bets import are_opposed
from decisions.predictor_scores import AreaScores
from protocol.ids import RecordId


class PlacedPrediction(msgspec.Struct, frozen=True):
    """A prediction in its place: because its bets are opposed or not, and the scores of `people` sum to `weight`."""

    id: RecordId
    opposed: bool
    people: int
    weight: Fraction


class PlacedProposal(msgspec.Struct, frozen=True):
    """A proposal in its place: because its scores sum to `total`. `tied`: another one has the same sum."""

    id: RecordId
    total: int
    tied: bool


def order_predictions(bets: Mapping[RecordId, Mapping[int, int]], area: AreaScores) -> tuple[PlacedPrediction, ...]:
    """The statements of a poll, from the opened bets on each by member."""
    placed = (
        PlacedPrediction(
            statement, are_opposed(said.values()), len(said), sum((area.of(member) for member in said), Fraction())
        )
        for statement, said in bets.items()
    )
    return tuple(sorted(placed, key=lambda one: (not one.opposed, -one.weight, one.id)))


def order_proposals(totals: Mapping[RecordId, int]) -> tuple[PlacedProposal, ...]:
    """The proposals of a closed poll, from the sum of scores of each."""
    sums = list(totals.values())
    placed = (PlacedProposal(proposal, total, sums.count(total) > 1) for proposal, total in totals.items())
    return tuple(sorted(placed, key=lambda one: (-one.total, one.id)))


def own_order(member: int, ids: Iterable[str]) -> list[str]:
    """The ids in this member's own order."""
    return sorted(ids, key=lambda one: (own_place(member, one), one))


def own_place(member: int, of: str) -> bytes:
    """What something is sorted by in this member's own order."""
    return sha256(f"{member}{of}".encode()).digest()
