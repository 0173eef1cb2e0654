from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

from federation.errors import (
    MalformedSignatureError,
    UncoveredError,
)
from federation.signatures import (
    Policy,
    SignedRequest,
    read_claims,
    sign,
    verify_claim,
)
from federation.signatures.digest import content_digest_of
from federation.signatures.keys import load_key, verify_with
from federation.signatures.request import fields_of
from federation.signatures.rfc9421 import (
    _derived_values,
    _parse_dictionary,
    _signature_base,
    accept_signature,
)
from tests.support.folders import read_vectors
from tests.support.handmade import NEW_COVERED, SECONDS, check
from tests.support.wire import (
    ALICE,
    BODY,
    NOW,
    POLICY,
    RSA_ID,
    a_request,
    changed,
    ed25519_keys,
    milliseconds,
    rsa_keys,
    rsa_pem,
    signed,
    with_fields,
)

PROFILES: Any = read_vectors("http-signature-profiles.json")


@pytest.mark.parametrize(
    "case", [case for case in PROFILES["accept"] if "signature_base" in case], ids=lambda case: case["name"]
)
def test_the_forms_that_servers_send_are_accepted(case: dict[str, Any]) -> None:
    body = PROFILES["body"].encode()
    request = with_fields(
        a_request(body=body),
        {
            "Content-Digest": content_digest_of(body),
            "Signature-Input": case["Signature-Input"],
            "Signature": case["Signature"],
        },
    )
    (claim,) = read_claims(request, POLICY, now=milliseconds(PROFILES["now_for_tests"]))
    assert claim.bases == (case["signature_base"].encode(),)
    if claim.algorithm == "rsa-v1_5-sha256":
        assert verify_claim(claim, load_key(claim.key_id, ALICE, PROFILES["actor_key_spki_pem"]))
    else:
        vectors = read_vectors("rfc9421.json")
        pem = vectors["keys"]["test-key-ed25519"]["public_pem"]
        assert verify_claim(claim, load_key(claim.key_id, ALICE, pem))


@pytest.mark.parametrize("keys", [rsa_keys, ed25519_keys], ids=["RSA", "Ed25519"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_we_sign_we_accept(keys: Callable[[], Any], method: str) -> None:
    private, public = keys()
    verified = check(signed(a_request(method, "/users/bob/inbox?a=%C3%BC"), private, scheme="rfc9421"), public)
    assert (verified.key_id, verified.owner, verified.scheme) == (public.key_id, ALICE, "rfc9421")


def test_our_delivery_is_what_mastodon_expects() -> None:
    added = sign(a_request(), rsa_keys()[0], scheme="rfc9421", now=NOW)
    assert list(added) == ["Content-Digest", "Signature-Input", "Signature"]
    assert added["Signature-Input"] == (
        'sig1=("@method" "@target-uri" "@authority" "content-type" "content-digest")'
        f';created={SECONDS};keyid="{RSA_ID}";alg="rsa-v1_5-sha256"'
    )


def test_fields_that_rest_on_the_signature_are_covered() -> None:
    request = a_request(headers={"Althing-Group": "group=1", "Collection-Synchronization": "x"})
    covered = check(signed(request, scheme="rfc9421")).covered
    assert covered >= {"althing-group", "collection-synchronization"}


class LibraryMessage:
    """A request in the form that the second implementation reads and signs."""

    def __init__(self, request: SignedRequest) -> None:
        self.method = request.method
        self.url = f"{request.scheme}://{request.authority}{request.target}"
        self.headers = dict(request.headers)


def library_keys(keys: Callable[[], Any]) -> tuple[Any, MappingKeyResolver]:
    if keys is rsa_keys:
        public = rsa_keys()[1].public
        resolver = MappingKeyResolver(public_keys={RSA_ID: public}, private_keys={RSA_ID: rsa_pem()})  # type: ignore[dict-item]
        return algorithms.RSA_V1_5_SHA256, resolver
    pem = read_vectors("rfc9421.json")["keys"]["test-key-ed25519"]
    resolver = MappingKeyResolver(
        public_keys={RSA_ID: pem["public_pem"].encode()}, private_keys={RSA_ID: pem["private_pem"].encode()}
    )
    return algorithms.ED25519, resolver


def test_an_independent_implementation_accepts_our_signature() -> None:
    algorithm, resolver = library_keys(rsa_keys)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=resolver)
    for request in (a_request(), a_request("GET", "/users/bob?page=true")):
        message = LibraryMessage(signed(request, scheme="rfc9421"))
        body = request.body or None
        (result,) = verifier.verify(message, max_age=None, require_components=NEW_COVERED[:3], body=body)
        assert result.parameters["keyid"] == RSA_ID
        with pytest.raises(InvalidSignature):
            verifier.verify(LibraryMessage(changed(signed(request, scheme="rfc9421"), target="/x")), max_age=None)


@pytest.mark.parametrize("keys", [rsa_keys, ed25519_keys], ids=["RSA", "Ed25519"])
def test_we_accept_the_signature_of_an_independent_implementation(keys: Callable[[], Any]) -> None:
    algorithm, resolver = library_keys(keys)
    message = LibraryMessage(a_request())
    HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver).sign(
        message,
        key_id=RSA_ID,
        created=datetime.fromtimestamp(SECONDS, UTC),
        nonce="safely ignored",
        tag="safely ignored",
        body=BODY,
    )
    if keys is rsa_keys:
        key = rsa_keys()[1]
    else:
        key = load_key(RSA_ID, ALICE, read_vectors("rfc9421.json")["keys"]["test-key-ed25519"]["public_pem"])
    assert check(changed(a_request(), headers=tuple(message.headers.items())), key).owner == ALICE


def test_the_label_of_a_key_that_we_know_can_be_chosen() -> None:
    request = signed(a_request(), scheme="rfc9421")
    proxy = ed25519_keys()[0]
    second = sign(a_request(), proxy, scheme="rfc9421", now=NOW)
    both = with_fields(
        request, {name: second[name].replace("sig1", "proxy") for name in ("Signature-Input", "Signature")}
    )
    claims = read_claims(both, POLICY, now=NOW)
    assert [claim.key_id for claim in claims] == [RSA_ID, proxy.key_id]
    assert verify_claim(claims[0], rsa_keys()[1])
    assert verify_claim(claims[1], ed25519_keys()[1])


def test_what_we_ask_for_is_what_we_sign() -> None:
    assert accept_signature() == 'sig1=("@method" "@target-uri" "@authority" "content-digest");alg="ed25519"'


def vector_request(message: Any) -> SignedRequest:
    method, target, _ = message["start_line"].split(" ")
    headers = tuple((name, value) for name, value in message["headers"])
    authority = dict(headers)["Host"]
    return SignedRequest(method, target, authority, "https", headers, message["body"].encode())


def vector_base(request: SignedRequest, signature_input: str, label: str) -> bytes | None:
    """Our base for a vector, None where a component has parameters: those are beyond what we build."""
    member = _parse_dictionary({"signature-input": [signature_input]}, "signature-input")[label]
    if any(parameters for _, parameters in member[0]):
        return None
    covered = [name for name, _ in member[0]]
    return _signature_base(covered, member, _derived_values(request, request.authority), fields_of(request))


def test_the_rfcs_vectors_have_our_signature_bases_and_all_fail_our_policy() -> None:
    vectors: Any = read_vectors("rfc9421.json")
    built = 0
    for case in vectors["cases"]:
        given = case["message"]
        message = vectors["messages"][given] if isinstance(given, str) else given
        if message["start_line"].startswith("HTTP/"):
            continue
        request = vector_request(message)
        in_message = fields_of(request)
        told = case.get("signature_input") or in_message["signature-input"][0]
        base = vector_base(request, told, case["label"])
        if base is not None:
            assert base.decode() == case["signature_base"]
            built += 1
        fields = {
            "Signature-Input": told,
            "Signature": case.get("signature") or in_message["signature"][0],
        }
        asked = with_fields(with_fields(request, {}, drop="signature-input"), fields, drop="signature")
        ours = Policy(frozenset({request.authority}))
        with pytest.raises((UncoveredError, MalformedSignatureError)):
            check(asked, policy=ours, now=milliseconds("2021-04-20T02:07:55Z"))
    assert built >= 5


def test_the_rfcs_transformed_messages_verify_as_it_says() -> None:
    vectors: Any = read_vectors("rfc9421.json")
    key = load_key(RSA_ID, ALICE, vectors["keys"]["test-key-ed25519"]["public_pem"])
    for case in vectors["transform"]["messages"]:
        request = vector_request(case["message"])
        fields = fields_of(request)
        base = vector_base(request, fields["signature-input"][0], "transform")
        assert base is not None
        (value,) = _parse_dictionary(fields, "signature").values()
        assert verify_with(key, base, value[0]) is case["signature_valid"]
