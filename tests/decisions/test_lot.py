"""The lot: the vector, and who can't steer it."""

from collections import Counter
from random import Random
from typing import Any

from decisions.lot import Drawing, commitment, draw, preimage
from tests.decisions.oracles.lot import drawn as drawn_by_definition
from tests.support.folders import read_vectors

E2: Any = next(vector for vector in read_vectors("decisions_more.json") if vector["id"] == "E2")["lot"]
SECRETS = {int(keeper): bytes.fromhex(secret) for keeper, secret in E2["shares"].items()}
SHARES = {keeper: commitment(secret) for keeper, secret in SECRETS.items()}
TIED = ["p2", "p1"]


def drawn(shares: dict[int, str], openings: dict[int, bytes], tied: list[str] = TIED) -> Drawing:
    return draw(E2["poll"], E2["log_root"], tied, shares, openings)


def test_dc_18_e2_the_lot_of_the_vector_and_the_keeper_who_did_not_open() -> None:
    for secrets in (SECRETS, dict(reversed(SECRETS.items()))):
        assert preimage(E2["poll"], E2["log_root"], secrets).decode() == E2["preimage"]
    lot = drawn({**SHARES, 2: commitment(b"kept")}, SECRETS)
    assert lot == Drawing(E2["seed"], E2["index"], E2["winner"], (1, 3), (2,), by_one_pod=False)


def test_dc_18_the_order_of_shares_and_of_the_tied_never_matters() -> None:
    backwards = dict(reversed(SECRETS.items()))
    assert drawn(SHARES, backwards, TIED[::-1]) == drawn(dict(reversed(SHARES.items())), SECRETS)


def test_an_opening_that_does_not_fit_its_commitment_is_none() -> None:
    lot = drawn(SHARES, {**SECRETS, 3: b"another"})
    assert (lot.opened, lot.unopened) == ((1,), (3,))
    assert lot == drawn(SHARES, {1: SECRETS[1]})


def test_an_opening_without_a_commitment_changes_nothing() -> None:
    assert drawn(SHARES, {**SECRETS, 9: b"late"}) == drawn(SHARES, SECRETS)


def test_one_pod_drew_where_one_keeper_shared_or_nobody_opened() -> None:
    assert drawn({1: SHARES[1]}, SECRETS).by_one_pod
    assert drawn(SHARES, {}).by_one_pod
    assert drawn({}, {}).by_one_pod
    assert not drawn(SHARES, {1: SECRETS[1]}).by_one_pod


def test_ids_are_sorted_by_their_bytes() -> None:
    # UTF-16 would put the second of these first.
    tied = ["\uff61", "\U00010000"]
    winners = {draw("poll", f"{root:064x}", tied, {}, {}).index: root for root in range(20)}
    for index, root in winners.items():
        assert draw("poll", f"{root:064x}", tied[::-1], {}, {}).winner == tied[index]


def test_dc_18_lots_are_drawn_as_the_definition_says() -> None:
    rng = Random(71)
    for _ in range(2000):
        tied = [f"{rng.randrange(10**6)}" for _ in range(rng.randint(1, 4))]
        secrets = {keeper: rng.randbytes(rng.choice([0, 1, 32])) for keeper in rng.sample(range(1, 120), 4)}
        shares = {keeper: commitment(secret) for keeper, secret in secrets.items() if rng.random() < 0.8}
        told = {keeper: secret for keeper, secret in secrets.items() if rng.random() < 0.8}
        told |= {keeper: b"another" for keeper in secrets if rng.random() < 0.1}
        poll, root = f"poll{rng.randrange(10**6)}", rng.randbytes(32).hex()

        found = draw(poll, root, tied, shares, told)

        expected = drawn_by_definition(poll, root, tied, shares, told)
        assert (found.seed, found.winner, list(found.opened), list(found.unopened)) == expected


def test_every_one_of_the_tied_can_win() -> None:
    rng = Random(70)
    counted = Counter(
        draw("poll", "00", ["a", "b", "c"], {1: commitment(secret)}, {1: secret}).winner
        for secret in (rng.randbytes(32) for _ in range(600))
    )
    assert min(counted.values()) > 140
