"""Of a voter's ballots one counts: the newest that fits the poll and came in time, whatever order they are read in."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from decisions.ballots import CastBallot, fits, standing_ballots
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Ballot, Lengths, Option, Poll

POLL_ID = RecordId("bagaaiera" + "a" * 52)
OPTIONS = ("00", "01")


def a_poll(kind: Any) -> Poll:
    options = () if kind == "for-against" else (Option("One"), Option("Two"))
    return Poll(kind=kind, title="What?", lengths=Lengths(1), options=options, **UNSIGNED)


def a_ballot(**said: Any) -> Ballot:
    header = {**UNSIGNED, **{name: said.pop(name) for name in tuple(said) if name in UNSIGNED}}
    return Ballot(poll=POLL_ID, **said, **header)


def test_each_kind_takes_its_own_form_and_known_options_only() -> None:
    fitting = {
        "for-against": a_ballot(choice="yes"),
        "score": a_ballot(scores={"00": 3}),
        "ranking": a_ballot(ranking=("01", "00")),
        "approval": a_ballot(approvals=("01",)),
    }
    for kind in fitting:
        assert [name for name, ballot in fitting.items() if fits(a_poll(kind), OPTIONS, ballot)] == [kind]
        assert fits(a_poll(kind), OPTIONS, a_ballot(blank=True))
        assert fits(a_poll(kind), OPTIONS, a_ballot(withdraw=True))
    assert not fits(a_poll("score"), OPTIONS, a_ballot(scores={"00": 3, "02": 3}))
    assert not fits(a_poll("ranking"), OPTIONS, a_ballot(ranking=("00", "00")))
    assert not fits(a_poll("approval"), OPTIONS, a_ballot(approvals=("02",)))


SAID = st.sampled_from(
    [{"choice": "yes"}, {"choice": "no"}, {"blank": True}, {"withdraw": True}, {"scores": {"00": 1}}]
)
ONE = st.tuples(SAID, st.integers(1, 3), st.integers(0, 2), st.integers(1, 4))


@given(st.lists(ONE, max_size=8), st.integers(0, 8), st.randoms())
def test_the_newest_that_fits_and_is_in_time_counts_in_any_order(
    said: list[tuple[dict[str, Any], int, int, int]], end: int, chance: Any
) -> None:
    cast = [
        CastBallot(RecordId(f"bagaaiera{index:052}"), index, a_ballot(author=author, key=key, counter=counter, **form))
        for index, (form, author, key, counter) in enumerate(said)
    ]
    expected: dict[int, CastBallot] = {}
    for one in sorted(cast, key=lambda one: (one.ballot.key, one.ballot.counter, one.record)):
        if one.index < end and one.ballot.scores is None:
            expected[one.ballot.author] = one
    expected = {author: one for author, one in expected.items() if not one.ballot.withdraw}

    chance.shuffle(cast)

    assert standing_ballots(a_poll("for-against"), (), cast, end=end) == expected
