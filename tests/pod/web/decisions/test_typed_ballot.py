"""A ballot as it is typed: buttons move it, faults are told at their option, and it survives in an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pod.translations import translator_for
from pod.web.decisions.typed_ballot import (
    TypedBallot,
    faults_of,
    keep,
    kept,
    members_of,
    typed_of,
    with_move,
    with_score,
)
from protocol.records.content import UNSIGNED, Ballot

SAY = translator_for("en")
OPTIONS = ("00", "01", "02")
NAMES = {"00": "Dig", "01": "Pump", "02": "Carry"}
POLL = "bagaaiera" + "a" * 52
KINDS = ("score", "ranking", "approval", "date", "for-against")


@pytest.mark.parametrize("kind", KINDS)
def test_dc_06_a_ballot_that_says_nothing_is_told_so(kind: str) -> None:
    assert "blank" in faults_of(SAY, TypedBallot(kind), NAMES)[""]


@pytest.mark.parametrize("typed", ["101", "-1", "7.5", "ten", "1e2", "٣", "9" * 40])
def test_dc_06_a_score_that_is_none_is_told_at_its_option(typed: str) -> None:
    faults = faults_of(SAY, TypedBallot("score", {"00": "70", "01": typed}), NAMES)
    assert faults == {"01": "Write a whole number from 0 to 100, or nothing for no opinion."}


def test_dc_06_two_options_at_one_place_and_a_place_beyond_the_last_are_told() -> None:
    faults = faults_of(SAY, TypedBallot("ranking", {"00": "1", "01": "1", "02": "4"}), NAMES)
    assert faults == {
        "01": "“Dig” has this place already.",
        "02": "Write a place from 1 to 3, or nothing.",
    }


def test_dc_04_no_opinion_is_not_0() -> None:
    typed = with_score(with_score(TypedBallot("score", {"00": "70"}), "01", "0"), "00", "")
    assert faults_of(SAY, typed, NAMES) == {}
    assert members_of(typed) == {"scores": {"01": 0}}


def test_dc_04_arrows_put_an_option_into_the_order_move_it_and_take_it_out() -> None:
    typed = TypedBallot("ranking")
    for option, way in (("01", "up"), ("02", "down"), ("00", "up"), ("00", "up"), ("02", "out"), ("01", "down")):
        typed = with_move(typed, option, way)  # type: ignore[arg-type]
    assert typed.ranked == ("00", "01")
    assert members_of(with_move(typed, "01", "up")) == {"ranking": ["01", "00"]}


SAID = st.one_of(
    st.dictionaries(st.sampled_from(OPTIONS), st.integers(0, 100), min_size=1).map(
        lambda said: ("score", {"scores": said})
    ),
    st.permutations(OPTIONS).map(lambda said: ("ranking", {"ranking": tuple(said[:2])})),
    st.sets(st.sampled_from(OPTIONS), min_size=1).map(lambda said: ("approval", {"approvals": tuple(sorted(said))})),
    st.sampled_from(["yes", "no"]).map(lambda said: ("for-against", {"choice": said})),
)


@given(SAID)
def test_dc_05_a_ballot_survives_in_a_form_and_in_an_address(said: tuple[str, dict[str, object]]) -> None:
    kind, members = said
    ballot = Ballot(poll=POLL, **members, **UNSIGNED)  # type: ignore[arg-type]
    typed = typed_of(kind, ballot)
    assert faults_of(SAY, typed, NAMES) == {}
    written = members_of(kept(kind, OPTIONS, keep(typed, OPTIONS)))
    assert written == {name: list(value) if isinstance(value, tuple) else value for name, value in members.items()}


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_whatever_an_address_keeps_is_a_ballot_or_nothing(kind: str, text: str) -> None:
    typed = kept(kind, OPTIONS, text)
    assert set(typed.values) <= set(OPTIONS)
    if not faults_of(SAY, typed, NAMES):
        assert members_of(typed)
