"""What becomes of a ballot, case by case; and a proof of another record, place or root is none."""

from __future__ import annotations

import msgspec
import pytest

from decisions.course import ChainPlace, PollRound
from decisions.phases import HOUR_MS, PollPlan, poll_times
from pod.actions.decisions.voters import Bar, Voter
from pod.actions.reading.decisions.ballot_receipts import Fate, LogProof, fate_of, is_proven
from pod.actions.reading.decisions.polls import OwnBallot
from protocol.log import inclusion_proof, leaf_hash, reader_of, root_of
from protocol.records.content import UNSIGNED, Ballot
from tests.support.writing import an_id

OPENED = 1_800_000_000_000
PLAN = PollPlan(opened_at=OPENED, voting=48 * HOUR_MS)
TIMES = poll_times(PLAN)
LOCKED = ChainPlace(an_id("lock"), 5, TIMES.lock_at, 10)
CLOSED = ChainPlace(an_id("end"), 6, TIMES.voting_end, 20)
VOTER = Voter(2, None, 1, by_weight=False, delegate=False)
DELEGATE = Voter(2, Bar.LOCKED, 1, by_weight=False, delegate=True)
OFF = Voter(2, Bar.JOINED_LATER, 0, by_weight=False, delegate=False)
LATE_KEY = Voter(2, Bar.RECOVERED, 1, by_weight=False, delegate=False)
IN_TIME, TOO_LATE = TIMES.voting_end - 1, TIMES.voting_end


def held(*, locked: bool = True, closed: bool = True) -> PollRound:
    opened = ChainPlace(an_id("open"), 1, OPENED, 1)
    ends = (LOCKED if locked else None, CLOSED if closed else None)
    return PollRound(1, PLAN, TIMES, opened, (), (), locked=ends[0], voting=ends[1])


def ballot(index: int | None) -> OwnBallot:
    return OwnBallot(an_id("ballot"), Ballot(poll=an_id("poll"), blank=True, **UNSIGNED), index)


@pytest.mark.parametrize(
    ("round_", "voter", "index", "promised", "fate"),
    [
        (held(closed=False), VOTER, None, None, Fate.WAITING),
        (held(closed=False), VOTER, None, IN_TIME, Fate.WAITING),
        (held(closed=False), VOTER, 12, None, Fate.LOGGED),
        (held(), VOTER, 19, None, Fate.COUNTED),
        (held(), VOTER, 20, None, Fate.LATE),
        (held(), VOTER, None, None, Fate.LATE),
        (held(), VOTER, None, TOO_LATE, Fate.LATE),
        (held(), VOTER, None, IN_TIME, Fate.LEFT_OUT),
        (held(), VOTER, 20, IN_TIME, Fate.LEFT_OUT),
        (held(), VOTER, 20, TOO_LATE, Fate.LATE),
        (held(), VOTER, 19, IN_TIME, Fate.COUNTED),
        (held(), DELEGATE, 9, None, Fate.COUNTED),
        (held(), DELEGATE, 10, None, Fate.FROZEN),
        (held(closed=False), DELEGATE, 10, None, Fate.FROZEN),
        (held(closed=False), DELEGATE, 9, None, Fate.LOGGED),
        (held(closed=False), DELEGATE, 10, TIMES.lock_at, Fate.FROZEN),
        (held(closed=False), DELEGATE, 10, TIMES.lock_at - 1, Fate.LEFT_OUT),
        (held(), DELEGATE, None, TIMES.lock_at - 1, Fate.LEFT_OUT),
        (held(), OFF, 3, None, Fate.OFF),
        (held(), LATE_KEY, 3, None, Fate.OFF),
    ],
)
def test_dc_05_what_becomes_of_a_ballot(
    round_: PollRound, voter: Voter, index: int | None, promised: int | None, fate: Fate
) -> None:
    assert fate_of(round_, voter, ballot(index), promised) is fate


def test_dc_05_a_proof_of_something_else_is_none() -> None:
    records = [an_id(f"record {number}") for number in range(7)]
    leaves = [leaf_hash(record) for record in records]
    path = tuple(step.hex() for step in inclusion_proof(reader_of(leaves), 3, 7))
    proof = LogProof(3, 7, root_of(leaves).hex(), path, an_id("item"))

    assert is_proven(records[3], proof)
    assert not is_proven(records[4], proof)
    assert not is_proven(records[3], msgspec.structs.replace(proof, leaf=2))
    assert not is_proven(records[3], msgspec.structs.replace(proof, root=root_of(leaves[:6]).hex()))
    assert not is_proven(records[3], msgspec.structs.replace(proof, path=path[1:]))
