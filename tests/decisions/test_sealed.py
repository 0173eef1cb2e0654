"""Sealed values: what was committed to is what is opened, and nothing else."""

from random import Random

import msgspec
import pytest

from decisions.sealed import LoggedOpening, SealedValue, commitment, opened_values, opens, salt_of, standing_values
from protocol.canonical import Json
from protocol.derivation import pairwise_key, pairwise_seed
from protocol.keys import PrivateKey
from tests.decisions.oracles import sealed as oracle
from tests.support.writing import an_id

POLL = an_id("poll")
SEED = bytes(range(32))
BETS: Json = {an_id("statement"): 900}


def a_sealed_value(
    author: int = 1, *, key: int = 0, counter: int = 1, leaf: int = 0, value: Json = BETS, name: object = None
) -> SealedValue:
    hidden = commitment(author=author, kind="bets", poll=POLL, salt=salt_of(SEED, POLL, counter), value=value)
    return SealedValue(an_id(name or (author, key, counter, leaf)), author, key, counter, "bets", POLL, hidden, leaf)


def an_opening(sealed: SealedValue, *, value: Json = BETS, leaf: int = 10, salt: str = "") -> LoggedOpening:
    return LoggedOpening(sealed.id, value, salt or salt_of(SEED, POLL, sealed.counter), leaf)


@pytest.mark.parametrize("value", [BETS, {}, [], 7, "ö", True, {"price": 333_333, "quantity": 1_500_001}])
def test_the_commitment_and_the_salt_are_those_of_the_definition(value: Json) -> None:
    salt = salt_of(SEED, POLL, 12)

    assert salt == oracle.salt(SEED, POLL, 12)
    if value != "ö":
        assert commitment(author=3, kind="bets", poll=POLL, salt=salt, value=value) == oracle.commitment(
            3, "bets", POLL, salt, value
        )
    assert len(commitment(author=3, kind="bets", poll=POLL, salt=salt, value=value)) == 64


def test_the_pairwise_seed_is_what_the_pairwise_key_is_made_of() -> None:
    group = an_id("group")
    for index in (0, 1, 2):
        key = PrivateKey.from_seed(pairwise_seed(SEED, "signing", group, index))
        assert key.did == pairwise_key(SEED, "signing", group, index).did


def test_each_counter_poll_and_key_has_a_salt_of_its_own() -> None:
    salts = {salt_of(seed, poll, n) for seed in (SEED, SEED[::-1]) for poll in (POLL, an_id(2)) for n in (1, 2, 11, 12)}

    assert len(salts) == 16


def test_a_seed_of_another_length_is_a_bug() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        salt_of(b"short", POLL, 1)


def test_an_opening_opens_what_was_sealed() -> None:
    sealed = a_sealed_value()

    assert opens(an_opening(sealed), sealed)


@pytest.mark.parametrize(
    "changed",
    [
        {"value": {an_id("statement"): 899}},
        {"value": None},
        {"value": 0.5},
        {"salt": salt_of(SEED, POLL, 2)},
        {"sealed": an_id("another")},
    ],
)
def test_an_opening_with_another_value_or_salt_opens_nothing(changed: dict[str, Json]) -> None:
    sealed = a_sealed_value()

    assert not opens(msgspec.structs.replace(an_opening(sealed), **changed), sealed)


@pytest.mark.parametrize("changed", [{"author": 2}, {"kind": "bid"}, {"poll": an_id("another poll")}])
def test_a_commitment_that_somebody_copied_does_not_open_for_them(changed: dict[str, Json]) -> None:
    sealed = msgspec.structs.replace(a_sealed_value(), **changed)

    assert not opens(an_opening(sealed), sealed)


def test_the_latest_by_key_counter_and_id_counts_in_any_order() -> None:
    values = [
        a_sealed_value(key=0, counter=9, leaf=0),
        a_sealed_value(key=1, counter=2, leaf=1),
        a_sealed_value(key=1, counter=3, leaf=2, name="a"),
        a_sealed_value(key=1, counter=3, leaf=3, name="b"),
        a_sealed_value(2, counter=1, leaf=4),
    ]
    latest = max(values[2:4], key=lambda one: one.id)
    for seed in range(20):
        Random(seed).shuffle(values)
        assert standing_values(values, 5) == {1: latest, 2: a_sealed_value(2, counter=1, leaf=4)}


def test_what_is_logged_at_the_deadline_or_later_does_not_count() -> None:
    first, late = a_sealed_value(counter=1, leaf=4), a_sealed_value(counter=2, leaf=5)

    assert standing_values([first, late], 5) == {1: first}
    assert standing_values([late], 5) == {}


def test_only_who_opens_in_time_has_said_something() -> None:
    standing = standing_values([a_sealed_value(author, leaf=author) for author in (1, 2, 3, 4)], 5)
    openings = [
        an_opening(standing[1], leaf=19),
        an_opening(standing[2], leaf=20),
        an_opening(standing[3], value={an_id("statement"): 1}),
        LoggedOpening(an_id("nobody's"), BETS, salt_of(SEED, POLL, 1), 6),
    ]

    assert opened_values(standing, openings, 20) == {1: BETS}


def test_a_false_opening_does_not_shadow_the_true_one_and_a_former_value_stays_closed() -> None:
    former, now = a_sealed_value(counter=1, leaf=1), a_sealed_value(counter=2, leaf=2, value={an_id("statement"): 100})
    openings = [
        an_opening(now, value=BETS),
        an_opening(former),
        an_opening(now, value={an_id("statement"): 100}),
        an_opening(now, value=BETS),
    ]

    assert opened_values(standing_values([former, now], 5), openings, 20) == {1: {an_id("statement"): 100}}
