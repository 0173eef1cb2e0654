"""What the answer to a delivery means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.delivery import (
    FIRST_PAUSE_MS,
    LONGEST_PAUSE_MS,
    GivenUp,
    Postponed,
    error_in,
    first_scheme,
    kept_error,
    knocks_again,
    other_scheme,
    outcome_of,
    pause_ms,
)
from federation.errors import RemoteError, Sentences
from federation.rules.addresses import AddressRule
from federation.rules.answers import RemoteFault

FINAL = [400, 401, 403, 404, 405, 410, 413, 415, 418, 422, 451]
PASSING = [301, 408, 421, 425, 429, 500, 501, 502, 503, 504, 505]


def refusal(status: int | None) -> RemoteError:
    if status is None:
        return RemoteError(RemoteFault.NOT_REACHED, retry=False)
    return RemoteError(RemoteFault.SAYS_NO, retry=False, status=status, facts={"host": "m.example"})


def says(status: int) -> Sentences:
    return Sentences(f"m.example answers {status}.", f"m.example svarar {status}.")


@pytest.mark.parametrize("status", FINAL)
def test_a_status_that_speaks_of_the_request_is_final(status: int) -> None:
    assert outcome_of(refusal(status)) == GivenUp(says(status))


@pytest.mark.parametrize("status", [*PASSING, None])
def test_everything_else_may_pass(status: int | None) -> None:
    said = says(status) if status else Sentences("The server can't be reached.", "Servern går inte att nå.")
    assert outcome_of(refusal(status)) == Postponed(said)


def test_what_a_host_failed_by_is_kept_in_each_language_also_its_cause() -> None:
    error = RemoteError(RemoteFault.HOME_NOT_SHOWN, retry=True, because=refusal(503))

    kept = kept_error(outcome_of(error).error)

    assert error_in(kept) == Sentences(
        "The member's home doesn't show the group: m.example answers 503.",
        "Medlemmens hemserver visar inte gruppen: m.example svarar 503.",
    )
    assert error_in("It was kept before.") == Sentences("It was kept before.", "It was kept before.")
    assert error_in(None) is None


def test_an_address_that_is_refused_today_is_tried_again() -> None:
    assert isinstance(outcome_of(AddressRule.NOT_PUBLIC.error()), Postponed)


@given(failures=st.integers(1, 10_000), wish=st.none() | st.integers(0, 2**40), chance=st.floats(0, 1))
def test_a_pause_is_bounded_and_never_shorter_than_what_the_host_wished(
    failures: int, wish: int | None, chance: float
) -> None:
    pause = pause_ms(failures, wish, chance=chance)

    assert FIRST_PAUSE_MS // 2 <= pause <= LONGEST_PAUSE_MS * 3 // 2
    assert pause >= min(LONGEST_PAUSE_MS, 1000 * (wish or 0))


@given(failures=st.integers(1, 60), chance=st.floats(0, 1))
def test_pauses_grow_with_each_failure(failures: int, chance: float) -> None:
    assert pause_ms(failures, None, chance=chance) <= pause_ms(failures + 1, None, chance=chance)


def test_hosts_that_failed_together_come_back_apart() -> None:
    pauses = [pause_ms(8, None, chance=share / 100) for share in range(101)]

    assert max(pauses) == 3 * min(pauses)
    assert len(set(pauses)) == len(pauses)


@pytest.mark.parametrize(
    ("status", "unknown", "known"), [(400, True, False), (401, True, True), (403, True, False), (404, False, False)]
)
def test_a_second_knock_asks_whether_it_was_the_scheme(status: int, unknown: bool, known: bool) -> None:
    assert knocks_again(refusal(status), remembered=False) is unknown
    assert knocks_again(refusal(status), remembered=True) is known


def test_the_old_scheme_goes_first_where_nothing_is_known() -> None:
    assert first_scheme(None) == "cavage"
    assert first_scheme("rfc9421") == "rfc9421"
    assert {other_scheme("cavage"), other_scheme("rfc9421")} == {"cavage", "rfc9421"}
