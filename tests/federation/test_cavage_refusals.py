from collections.abc import Callable

import pytest
from httpsig.sign import HeaderSigner
from httpsig.verify import HeaderVerifier
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import (
    BadSignatureError,
    DigestError,
    KeyOwnerError,
    MalformedSignatureError,
    MissingSignatureError,
    SignatureError,
    StaleSignatureError,
    UncoveredError,
    WrongAlgorithmError,
    WrongAuthorityError,
)
from federation.signatures import (
    Policy,
    read_claims,
    verify_claim,
)
from federation.signatures.digest import digest_of
from federation.signatures.keys import load_key, rsa_public_pem
from tests.support.handmade import OLD_COVERED, SECONDS, check, sign_cavage, spoil_cavage
from tests.support.wire import (
    ALICE,
    BODY,
    HOST,
    HOUR,
    MINUTE,
    NOW,
    POLICY,
    RSA_ID,
    a_request,
    changed,
    ed25519_keys,
    http_date,
    rsa_keys,
    rsa_pem,
    signed,
    with_fields,
)


def test_fed_21_a_forged_hmac_keyed_with_the_public_key_is_refused() -> None:
    """The library's own verifier takes this for a signature of alice: hence it never sees a request."""
    public_pem = rsa_public_pem(rsa_pem())
    request = a_request(headers={"Date": http_date(NOW), "Digest": digest_of(BODY)})
    forger = HeaderSigner(RSA_ID, public_pem, "hmac-sha256", OLD_COVERED.split(" "), sign_header="signature")
    forged = forger.sign(dict(request.headers), host=HOST, method="POST", path=request.target)
    fooled = HeaderVerifier(
        forged,
        public_pem,
        OLD_COVERED.split(" "),
        method="POST",
        path=request.target,
        host=HOST,
        sign_header="signature",
    )
    assert fooled.verify()

    with pytest.raises(WrongAlgorithmError):
        check(with_fields(request, {"Signature": forged["signature"]}))
    relabelled = forged["signature"].replace("hmac-sha256", "hs2019")
    with pytest.raises(BadSignatureError):
        check(with_fields(request, {"Signature": relabelled}))


def test_fed_15_a_delivery_must_cover_its_digest() -> None:
    with pytest.raises(UncoveredError):
        check(sign_cavage("(request-target) host date"))


def test_fed_15_a_get_with_a_body_must_cover_its_digest() -> None:
    with pytest.raises(UncoveredError):
        check(sign_cavage("(request-target) host date", a_request("GET", body=b"x")))


def test_fed_15_another_body_is_refused() -> None:
    with pytest.raises(DigestError):
        check(changed(signed(a_request()), body=BODY.replace(b"alice", b"mally")))


def test_fed_15_two_digest_fields_are_refused() -> None:
    with pytest.raises(MalformedSignatureError):
        check(with_fields(signed(a_request()), {"digest": digest_of(BODY)}))


def test_fed_16_request_target_must_be_covered() -> None:
    with pytest.raises(UncoveredError):
        check(sign_cavage("host date digest"))


def test_fed_16_hosts_on_the_list_may_leave_the_target_out_but_not_the_digest() -> None:
    lenient = Policy(frozenset({HOST}), frozenset({"pod.example"}))
    check(sign_cavage("host date digest"), policy=lenient)
    with pytest.raises(UncoveredError):
        check(sign_cavage("host date"), policy=lenient)
    with pytest.raises(UncoveredError):
        check(sign_cavage("host date digest"), policy=Policy(frozenset({HOST}), frozenset({"other.example"})))


def test_fed_16_a_signature_does_not_open_another_path_or_method() -> None:
    with pytest.raises(BadSignatureError):
        check(changed(signed(a_request()), target="/users/carol/inbox"))
    with pytest.raises(BadSignatureError):
        check(changed(signed(a_request()), method="PUT"))


def test_fed_17_host_must_be_covered() -> None:
    with pytest.raises(UncoveredError):
        check(sign_cavage("(request-target) date digest"))


def test_fed_17_a_request_for_another_server_is_refused() -> None:
    elsewhere = signed(a_request(authority="other.example"))
    with pytest.raises(WrongAuthorityError):
        check(elsewhere)
    with pytest.raises(MalformedSignatureError):
        check(changed(elsewhere, authority=HOST))
    renamed = with_fields(changed(elsewhere, authority=HOST), {"Host": HOST}, drop="host")
    with pytest.raises(BadSignatureError):
        check(renamed)


def test_fed_17_our_own_host_in_capitals_and_with_its_port_is_ours() -> None:
    check(signed(a_request(authority="Mastodon.Example:443")))


@pytest.mark.parametrize(
    "late", [pytest.param(2 * HOUR, id="two hours old"), pytest.param(-6 * MINUTE, id="six minutes ahead")]
)
def test_fed_18_a_date_outside_the_window_is_refused(late: int) -> None:
    with pytest.raises(StaleSignatureError):
        check(signed(a_request()), now=NOW + late)


@pytest.mark.parametrize("late", [0, 59 * MINUTE, -4 * MINUTE])
def test_fed_18_a_date_inside_the_window_is_accepted(late: int) -> None:
    assert check(signed(a_request()), now=NOW + late).until == NOW + HOUR


def test_fed_18_a_signature_must_cover_a_time() -> None:
    with pytest.raises(UncoveredError):
        check(sign_cavage("(request-target) host digest"))


def test_fed_18_created_and_expires_stand_for_the_date() -> None:
    seconds = NOW // 1000
    covered = "(request-target) host (created) (expires) digest"
    request = sign_cavage(covered, created=str(seconds), expires=str(seconds + 2 * 3600))
    check(request, now=NOW + 119 * MINUTE)
    with pytest.raises(StaleSignatureError):
        check(request, now=NOW + 121 * MINUTE)
    endless = sign_cavage(covered, created=str(seconds), expires=str(seconds + 10**8))
    check(endless, now=NOW + 11 * HOUR)
    with pytest.raises(StaleSignatureError):
        check(endless, now=NOW + 13 * HOUR)


def test_fed_18_every_covered_time_must_lie_in_the_window() -> None:
    with pytest.raises(StaleSignatureError):
        check(sign_cavage(f"{OLD_COVERED} (created)", created=str(NOW // 1000 - 7200)))
    with pytest.raises(StaleSignatureError):
        check(sign_cavage(f"{OLD_COVERED} (expires)", expires=str(NOW // 1000 - 1)))


def test_fed_18_of_two_covered_times_the_earlier_ends_the_life() -> None:
    assert check(sign_cavage(f"{OLD_COVERED} (created)", created=str(SECONDS - 600))).until == NOW + HOUR - 10 * MINUTE


@pytest.mark.parametrize("created", ["", "-1", "1.5", "1e9", "१"])
def test_fed_18_created_must_be_given_in_seconds(created: str) -> None:
    with pytest.raises(MalformedSignatureError):
        check(sign_cavage("(request-target) host (created) digest", created=created))


def test_fed_18_created_goes_with_hs2019_only() -> None:
    request = sign_cavage("(request-target) host (created) digest", created=str(NOW // 1000))
    named = dict(request.headers)["Signature"].replace("hs2019", "rsa-sha256")
    with pytest.raises(MalformedSignatureError):
        check(with_fields(request, {"Signature": named}, drop="signature"))


@pytest.mark.parametrize(
    "date", ["yesterday", "2021-04-20T02:07:55Z", "Tue, 31 Feb 2021 02:07:55 GMT", "Tue, 20 Apr 2021 02:07:55 CET"]
)
def test_fed_18_a_date_of_another_form_is_refused(date: str) -> None:
    with pytest.raises(MalformedSignatureError):
        check(sign_cavage(OLD_COVERED, a_request(headers={"Date": date})))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda field: f'{field},keyId="{RSA_ID}"', id="repeated parameter"),
        pytest.param(lambda field: f'{field},KEYID="{RSA_ID}"', id="repeated in capitals"),
        pytest.param(lambda field: f'{field},opaque="1"', id="unknown parameter"),
        pytest.param(lambda field: field.replace('keyId="', "keyId=", 1), id="unclosed quote"),
        pytest.param(lambda field: field.replace('keyId="', 'keyId = "', 1), id="spaces"),
        pytest.param(lambda field: field.replace('",', '";'), id="semicolons"),
        pytest.param(lambda field: field.replace('signature="', 'signature="*', 1), id="junk in base64"),
        pytest.param(lambda field: field.replace("(request-target) host", "host  host"), id="empty name"),
        pytest.param(lambda field: field.replace("(request-target) host", "host host"), id="repeated name"),
        pytest.param(lambda field: field.replace(" date", " date x-absent"), id="absent field"),
        pytest.param(lambda field: field.replace(" date", " date (unknown)"), id="unknown pseudo-field"),
        pytest.param(lambda field: field.replace("https:", "acct:"), id="acct: key id"),
        pytest.param(lambda field: field.replace("alice", "ålice"), id="not ASCII"),
        pytest.param(lambda field: field.replace("alice", "alice" * 1000), id="too long"),
        pytest.param(lambda field: f"{field}, {field}", id="two signatures in one field"),
        pytest.param(lambda _: 'keyId="x"', id="half of it missing"),
        pytest.param(lambda _: "", id="empty"),
    ],
)
def test_fed_20_a_malformed_signature_field_is_refused(spoil: Callable[[str], str]) -> None:
    with pytest.raises((MalformedSignatureError, UncoveredError)):
        check(spoil_cavage(spoil))


def test_fed_20_two_signature_fields_are_refused() -> None:
    request = signed(a_request())
    with pytest.raises(MalformedSignatureError):
        check(with_fields(request, {"signature": dict(request.headers)["Signature"]}))


def test_fed_20_a_covered_field_cannot_smuggle_in_another_line() -> None:
    with pytest.raises(MalformedSignatureError):
        check(sign_cavage(f"{OLD_COVERED} x-note", a_request(headers={"X-Note": "a\ndate: b"})))
    with pytest.raises(MalformedSignatureError):
        check(sign_cavage(OLD_COVERED, a_request(target="/users/bob/inbox\nhost: x")))


def test_an_unsigned_request_is_told_apart() -> None:
    with pytest.raises(MissingSignatureError):
        check(a_request())


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "rsa-sha1", "rsa-sha512", "ecdsa-sha256", "none"])
def test_fed_21_other_algorithms_are_refused(algorithm: str) -> None:
    with pytest.raises(WrongAlgorithmError):
        check(spoil_cavage(lambda field: field.replace("rsa-sha256", algorithm)))


def test_fed_21_the_algorithm_must_go_with_the_key() -> None:
    with pytest.raises(WrongAlgorithmError):
        check(spoil_cavage(lambda field: field.replace("rsa-sha256", "ed25519")))
    private, public = ed25519_keys()
    edwards = signed(a_request(), private)
    field = dict(edwards.headers)["Signature"].replace("hs2019", "rsa-sha256")
    with pytest.raises(WrongAlgorithmError):
        check(with_fields(edwards, {"Signature": field}, drop="signature"), public)
    check(spoil_cavage(lambda field: field.replace('algorithm="rsa-sha256",', "")))
    check(spoil_cavage(lambda field: field.replace("rsa-sha256", "hs2019")))


def test_fed_2_a_claim_is_never_checked_with_another_key() -> None:
    with pytest.raises(KeyOwnerError):
        check(signed(a_request()), ed25519_keys()[1])
    other = load_key(RSA_ID, ALICE, ed25519_keys()[1].text)
    with pytest.raises((BadSignatureError, WrongAlgorithmError)):
        check(signed(a_request()), other)


@given(position=st.integers(0, 255), bit=st.integers(0, 7))
def test_fed_19_no_other_signature_verifies(position: int, bit: int) -> None:
    (claim,) = read_claims(signed(a_request()), POLICY, now=NOW)
    flipped = bytearray(claim.signature)
    flipped[position] ^= 1 << bit
    members = {name: getattr(claim, name) for name in claim.__struct_fields__}
    with pytest.raises(BadSignatureError):
        verify_claim(type(claim)(**(members | {"signature": bytes(flipped)})), rsa_keys()[1])


@given(st.text(st.characters(codec="latin-1"), max_size=300))
def test_any_signature_field_is_a_claim_or_a_refusal(field: str) -> None:
    with pytest.raises(SignatureError):
        check(with_fields(a_request(), {"Signature": field}))
