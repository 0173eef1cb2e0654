"""What is signed for whom: the table of `pod.actions.signer`, and the same over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from models.people.accounts import Account
from pod.actions.signer import (
    FRESH_MS,
    PROVED_JUST_NOW_MS,
    PROVED_WITHIN_MS,
    STEPPED_UP,
    Leaving,
    PhraseHolder,
    PodItself,
    SignedIn,
    Signer,
    TokenHolder,
    cosigned,
    proved_within,
    signed,
)
from pod.errors import MayNotSignError
from protocol.errors import RefusedError
from protocol.keys import PrivateKey
from protocol.proofs import signers
from protocol.records.parts import GroupPolicy, Home
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually

NOW = 1_800_000_000_000
KEY = PrivateKey.from_seed(bytes(32))
OTHER = PrivateKey.from_seed(bytes([1]) * 32)
ADA = Account(1, "ada", b"", None, 0, disabled=False, language="", admin=False)
TOKEN, FRESH, STALE = TokenHolder(ADA), SignedIn(ADA, NOW - FRESH_MS + 1), SignedIn(ADA, NOW - FRESH_MS)
WORDS, POD = PhraseHolder(), PodItself()
LEAVING = Leaving(ADA, Home("https://new.example", OTHER.did))
NAMES = {TOKEN: "token", FRESH: "fresh browser", STALE: "browser", WORDS: "words", POD: "pod", LEAVING: "leaving"}


def operation(do: str) -> dict[str, Any]:
    return {"type": "Operation", "do": do, "with": {}}


def rehome(pod: str, key: str) -> dict[str, Any]:
    return {**operation("rehome"), "with": {"home": {"pod": pod, "key": key}, "signing": OTHER.did}}


MEMBERS: set[Signer] = {TOKEN, FRESH, STALE}
OF_MEMBERS = [{"type": kind} for kind in ("Post", "Patch", "Vote", "Profile", "Erase", "Invitation", "X")]
WISHES = ("join", "leave", "set-weight", "set-policy", "publish", "succeed", "event")
TABLE: list[tuple[dict[str, Any], set[Signer]]] = [
    *zip(OF_MEMBERS, [MEMBERS] * len(OF_MEMBERS), strict=True),
    *zip(map(operation, WISHES), [MEMBERS] * len(WISHES), strict=True),
    ({"type": "GroupRoot", "kind": "group"}, MEMBERS),
    ({"type": "Claim"}, {*MEMBERS, POD}),
    (operation("rehome"), {FRESH, WORDS, POD}),
    (rehome("https://new.example", OTHER.did), {FRESH, WORDS, POD, LEAVING}),
    (rehome("https://new.example", KEY.did), {FRESH, WORDS, POD}),
    (rehome("https://thief.example", OTHER.did), {FRESH, WORDS, POD}),
    ({**operation("event"), "with": {"name": "withdraw"}}, {*MEMBERS, LEAVING}),
    (operation("rekey"), {FRESH, WORDS}),
    (operation("tomorrow"), set()),
    ({"type": "Operation", "do": ["rekey"]}, set()),
    ({"type": "Handover"}, {WORDS, POD}),
    ({"type": "GroupRoot", "kind": "person"}, {POD}),
    ({"type": "Seal"}, {POD}),
    ({"type": "Manifest"}, {POD}),
    ({"type": "Ack"}, {POD}),
    ({"type": "Receipt"}, {POD}),
    ({"type": "GuestRecord"}, {POD}),
]
CASES = [
    pytest.param(signer, body, signer in allowed, id=f"{NAMES[signer]}-{'/'.join(map(str, body.values()))}")
    for body, allowed in TABLE
    for signer in NAMES
]


@pytest.mark.parametrize(("signer", "body", "allowed"), CASES)
def test_a1_what_is_signed_depends_on_what_the_asker_proved(
    signer: Signer, body: dict[str, Any], *, allowed: bool
) -> None:
    if allowed:
        record = signed(signer, body, KEY, now=NOW)
        assert signers(cosigned(signer, record, OTHER, now=NOW)) == tuple(sorted((KEY.did, OTHER.did)))
        return
    with pytest.raises(MayNotSignError):
        signed(signer, body, KEY, now=NOW)
    with pytest.raises(MayNotSignError):
        cosigned(signer, body, KEY, now=NOW)


FROZEN = Account(2, "bo", b"", None, 0, frozen_at=1)
PROVED = NOW - PROVED_WITHIN_MS + 1
DECIDING: list[tuple[str, Signer, int, str]] = [
    ("browser", SignedIn(ADA, PROVED), PROVED_WITHIN_MS, ""),
    ("browser of yesterday", SignedIn(ADA, PROVED - 1), PROVED_WITHIN_MS, "prove_first"),
    ("token", TokenHolder(ADA, decides=True, proved_at=PROVED), PROVED_WITHIN_MS, ""),
    ("token of yesterday", TokenHolder(ADA, decides=True, proved_at=PROVED - 1), PROVED_WITHIN_MS, "prove_first"),
    ("token without the scope", TokenHolder(ADA, proved_at=NOW), PROVED_WITHIN_MS, "token_decides_nothing"),
    ("strict group", SignedIn(ADA, NOW - PROVED_JUST_NOW_MS + 1), PROVED_JUST_NOW_MS, ""),
    ("strict group, late", SignedIn(ADA, NOW - PROVED_JUST_NOW_MS), PROVED_JUST_NOW_MS, "prove_just_now"),
    ("frozen", SignedIn(FROZEN, NOW), PROVED_WITHIN_MS, "frozen"),
    ("frozen token", TokenHolder(FROZEN, decides=True, proved_at=NOW), PROVED_WITHIN_MS, "frozen"),
    ("a caller that names no group", SignedIn(ADA, NOW), 0, "prove_just_now"),
    ("words", WORDS, PROVED_WITHIN_MS, "not_for_this_asker"),
    ("pod", POD, PROVED_WITHIN_MS, "not_for_this_asker"),
]


@pytest.mark.parametrize("kind", STEPPED_UP)
@pytest.mark.parametrize(("signer", "within", "refused"), [case[1:] for case in DECIDING], ids=[c[0] for c in DECIDING])
def test_dc_03_what_decides_needs_a_proof_as_young_as_the_group_says(
    kind: str, signer: Signer, within: int, refused: str
) -> None:
    def sign() -> object:
        return signed(signer, {"type": kind}, KEY, now=NOW, proved_within=within)

    if not refused:
        assert sign()
        return
    with pytest.raises(RefusedError) as refusal:
        sign()
    assert refusal.value.refused.rule.key == refused
    with pytest.raises(MayNotSignError):
        cosigned(signer, {"type": kind}, KEY, now=NOW)


@pytest.mark.parametrize(
    ("voting", "within"),
    [
        (None, PROVED_WITHIN_MS),
        ({"votes": "member-weight"}, PROVED_WITHIN_MS),
        ({"proof": "fresh"}, PROVED_JUST_NOW_MS),
        ({"proof": ["fresh"]}, PROVED_WITHIN_MS),
    ],
)
def test_dc_03_a_groups_policy_says_how_young_the_proof_must_be(voting: dict[str, Any] | None, within: int) -> None:
    assert proved_within(GroupPolicy("Parish", 0, 0, voting=voting)) == within


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> Person:
    person = pod.sign_up("ada")
    pod.start()
    return person


def test_a1_a_token_takes_no_membership_over(ada: Person) -> None:
    group = ada.post("/api/v1/groups", {"name": "Parish"})["group"]
    home = {"pod": "https://thief.example", "key": OTHER.did}
    wishes = (
        {"type": "Operation", "do": "rekey", "with": {"signing": OTHER.did}},
        {"type": "Operation", "do": "rehome", "with": {"home": home, "signing": OTHER.did}},
        {"type": "Operation", "do": "join", "with": {"home": home, "signing": OTHER.did, "recovery": KEY.did}},
        {"type": "Operation", "do": "fly", "with": {}},
        {"type": "Seal"},
        {"type": "GroupRoot", "kind": "group", "name": "x"},
        {"type": "Invitation", "weight": 1000, "to": OTHER.did, "expires": 2**50},
    )
    for wish in wishes:
        with pytest.raises(RefusedByHttpError) as refused:
            ada.post(f"/api/v1/groups/{group}/records", wish)
        assert refused.value.status == 403
        assert "may_not_sign" in refused.value.document
    with pytest.raises(RefusedByHttpError) as refused:
        ada.post("/api/v1/groups", {"name": "Second self", "kind": "person"})
    assert "one_personal_group" in refused.value.document
    written = ada.post(f"/api/v1/groups/{group}/records", {"type": "Profile", "nickname": "Ada"})["record"]
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["log"]["size"] == 1)
    assert ada.get(f"/api/v1/groups/{group}/records/{written}")["record"]["author"] == 1


def test_x9_an_invitation_above_ones_own_weight_is_not_signed(ada: Person) -> None:
    group = ada.post("/api/v1/groups", {"name": "Parish", "weight": 2000})["group"]
    with pytest.raises(RefusedByHttpError) as refused:
        ada.post(f"/api/v1/groups/{group}/invitations", {"weight": 2001, "to": OTHER.did, "expires": 2**50})
    assert "void_operation" in refused.value.document


def test_a1_a_token_that_a_token_made_ends_with_it(ada: Person) -> None:
    def made(name: str, by: str) -> str:
        return str(call("POST", f"{ada.pod.url}/api/v1/me/tokens", {"name": name}, token=by)["token"])

    def opens(token: str) -> bool:
        try:
            return bool(call("GET", f"{ada.pod.url}/api/v1/me", token=token))
        except RefusedByHttpError as refused:
            return refused.status != 401

    stolen = made("stolen", ada.account["token"])
    beside = made("beside", ada.account["token"])
    second = made("second", stolen)
    third = made("third", second)
    assert all(map(opens, (stolen, beside, second, third)))
    call("DELETE", f"{ada.pod.url}/api/v1/me/tokens/stolen", token=ada.account["token"])
    assert not any(map(opens, (stolen, second, third)))
    assert opens(beside)
    assert opens(ada.account["token"])
