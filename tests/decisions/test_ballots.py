"""A ballot fits a poll of its own kind, with that poll's options."""

from __future__ import annotations

from typing import Any

from decisions.ballots import fits
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
