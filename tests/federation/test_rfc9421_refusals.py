from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import (
    BadSignatureError,
    DigestError,
    MalformedSignatureError,
    MissingSignatureError,
    SignatureError,
    StaleSignatureError,
    UncoveredError,
    WrongAlgorithmError,
    WrongAuthorityError,
)
from tests.support.folders import read_vectors
from tests.support.handmade import NEW_COVERED, SECONDS, check, sign_rfc9421
from tests.support.wire import (
    BODY,
    HOST,
    HOUR,
    MINUTE,
    NOW,
    a_request,
    changed,
    signed,
    with_fields,
)

PROFILES: Any = read_vectors("http-signature-profiles.json")


def test_fed_15_content_digest_must_be_covered() -> None:
    with pytest.raises(UncoveredError):
        check(sign_rfc9421(("@method", "@target-uri", "@authority")))
    (case,) = [case for case in PROFILES["reject"] if "Signature-Input" in case]
    fields = {name: case[name] for name in ("Signature-Input", "Signature")}
    with pytest.raises(UncoveredError):
        check(with_fields(a_request(), fields))


def test_fed_15_another_body_is_refused() -> None:
    with pytest.raises(DigestError):
        check(changed(signed(a_request(), scheme="rfc9421"), body=BODY + b" "))


def test_fed_16_method_and_target_uri_must_be_covered() -> None:
    for missing in ("@method", "@target-uri"):
        with pytest.raises(UncoveredError):
            check(sign_rfc9421(tuple(name for name in NEW_COVERED if name != missing)))


def test_fed_16_path_and_query_do_not_stand_for_the_target_uri() -> None:
    with pytest.raises(UncoveredError):
        check(sign_rfc9421(("@method", "@path", "@query", "@authority", "content-digest")))


def test_fed_16_a_signature_does_not_open_another_path_query_or_method() -> None:
    request = signed(a_request(), scheme="rfc9421")
    others: list[dict[str, Any]] = [
        {"target": "/users/carol/inbox"},
        {"target": "/users/bob/inbox?x"},
        {"method": "PUT"},
        {"scheme": "http"},
    ]
    for other in others:
        with pytest.raises(BadSignatureError):
            check(changed(request, **other))


def test_fed_17_a_request_for_another_server_is_refused() -> None:
    elsewhere = signed(a_request(authority="other.example"), scheme="rfc9421")
    with pytest.raises(WrongAuthorityError):
        check(elsewhere)
    ours = with_fields(changed(elsewhere, authority=HOST), {"Host": HOST}, drop="host")
    with pytest.raises(BadSignatureError):
        check(ours)


def test_fed_17_target_uri_alone_binds_the_server() -> None:
    check(sign_rfc9421(("@method", "@target-uri", "content-digest")))


def test_requests_that_are_signed_by_hand_are_accepted() -> None:
    """So that the refusals below have no other reason than the one they name."""
    check(sign_rfc9421())
    check(sign_rfc9421((*NEW_COVERED, "content-type", "host", "@path"), nonce="x", tag="y"))


@pytest.mark.parametrize(
    ("parameters", "late"),
    [
        pytest.param({}, HOUR + 1000, id="an hour old"),
        pytest.param({}, -6 * MINUTE, id="six minutes ahead"),
        pytest.param({"expires": SECONDS + 60}, 2 * MINUTE, id="expired"),
        pytest.param({"expires": SECONDS - 60}, 0, id="expired before it was made"),
        pytest.param({"expires": SECONDS + 10**6}, 13 * HOUR, id="beyond twelve hours"),
    ],
)
def test_fed_18_a_signature_outside_its_window_is_refused(parameters: dict[str, Any], late: int) -> None:
    with pytest.raises(StaleSignatureError):
        check(sign_rfc9421(**parameters), now=NOW + late)


def test_fed_18_a_signature_lives_until_it_expires_but_never_beyond_twelve_hours() -> None:
    assert check(sign_rfc9421(), now=NOW + 59 * MINUTE).until == NOW + HOUR
    assert check(sign_rfc9421(expires=SECONDS + 7200), now=NOW + 119 * MINUTE).until == NOW + 2 * HOUR
    assert check(sign_rfc9421(expires=SECONDS + 10**6)).until == NOW + 12 * HOUR


@pytest.mark.parametrize(
    "parameters",
    [
        {"created": None},
        {"created": "1618884475"},
        {"created": 1618884475.5},
        {"created": -1},
        {"created": True},
        {"expires": "soon"},
        {"keyid": None},
        {"keyid": 1},
        {"keyid": "acct:alice@pod.example"},
        {"keyid": "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"},
        {"keyid": http_sf.Token("https://pod.example/x")},
        {"nonce": 1},
        {"x-unknown": "1"},
    ],
    ids=str,
)
def test_fed_20_wrong_parameters_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(MalformedSignatureError):
        check(sign_rfc9421(**parameters))


@pytest.mark.parametrize(
    "component",
    [
        ("@method", {"req": True}),
        ("content-type", {"sf": True}),
        ("content-digest", {"key": "sha-256"}),
        ("content-type", {"bs": True}),
        ("@query-param", {"name": "x"}),
        "@query-param",
        "@status",
        "@unknown",
        "x-absent",
        "Content-Type",
        "@method",
        http_sf.Token("host"),
        1,
    ],
    ids=str,
)
def test_fed_20_components_with_parameters_unknown_or_repeated_are_refused(component: Any) -> None:
    with pytest.raises(MalformedSignatureError):
        check(sign_rfc9421((*NEW_COVERED, component)))


def test_fed_20_an_empty_list_of_components_is_refused() -> None:
    with pytest.raises(UncoveredError):
        check(sign_rfc9421(()))


def test_fed_20_two_labels_of_one_key_are_refused() -> None:
    first = sign_rfc9421()
    fields = dict(first.headers)
    doubled = {name: fields[name].replace("sig1", "sig2") for name in ("Signature-Input", "Signature")}
    with pytest.raises(MalformedSignatureError):
        check(with_fields(first, doubled))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param({"Signature-Input": "sig1"}, id="no list"),
        pytest.param({"Signature-Input": 'sig1=("@method'}, id="unclosed"),
        pytest.param({"Signature-Input": "Ä=()"}, id="not ASCII"),
        pytest.param({"Signature-Input": ""}, id="empty"),
        pytest.param({"Signature": "sig2=:AAAA:"}, id="another label"),
        pytest.param({"Signature": "sig1=(:AAAA:)"}, id="a list"),
        pytest.param({"Signature": 'sig1="AAAA"'}, id="a string"),
        pytest.param({"Signature": "sig1=::"}, id="no bytes"),
        pytest.param({"Signature": "sig1=:AAAA:, sig1=:AAAA:"}, id="a label twice"),
        pytest.param({"Signature": f"sig1=:{'A' * 4000}:"}, id="too many bytes"),
    ],
)
def test_fed_20_malformed_fields_are_refused(spoil: dict[str, str]) -> None:
    (name,) = spoil
    with pytest.raises(MalformedSignatureError):
        check(with_fields(sign_rfc9421(), spoil, drop=name))


def test_fed_20_many_labels_are_refused_before_any_is_read() -> None:
    many: Any = {f"sig{number}": ([], {}) for number in range(5)}
    fields = {
        "Signature-Input": http_sf.ser(many),
        "Signature": http_sf.ser(dict.fromkeys(many, b"x")),
    }
    with pytest.raises(MalformedSignatureError):
        check(with_fields(a_request(), fields))


@pytest.mark.parametrize("alg", ["hmac-sha256", "ecdsa-p256-sha256", "rsa-pss-sha512", "none"])
def test_fed_21_other_algorithms_are_refused(alg: str) -> None:
    with pytest.raises(WrongAlgorithmError):
        check(sign_rfc9421(alg=alg))


def test_fed_21_the_algorithm_must_go_with_the_key() -> None:
    with pytest.raises(WrongAlgorithmError):
        check(sign_rfc9421(alg="ed25519"))
    check(sign_rfc9421(alg=None))


def test_a_signature_without_its_other_field_is_refused() -> None:
    with pytest.raises(MissingSignatureError):
        check(with_fields(sign_rfc9421(), {}, drop="signature"))
    with pytest.raises(MalformedSignatureError):
        check(with_fields(sign_rfc9421(), {}, drop="signature-input"))


@given(st.text(st.characters(codec="latin-1"), max_size=200), st.text(st.characters(codec="latin-1"), max_size=200))
def test_any_fields_are_a_claim_or_a_refusal(told: str, value: str) -> None:
    with pytest.raises(SignatureError):
        check(with_fields(a_request(), {"Signature-Input": told, "Signature": value}))
