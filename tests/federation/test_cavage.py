from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from httpsig.sign import HeaderSigner
from httpsig.utils import generate_message
from httpsig.verify import HeaderVerifier
from hypothesis import example, given
from hypothesis import strategies as st

from federation.errors import (
    BadSignatureError,
    MalformedSignatureError,
    UncoveredError,
    UnsuitableKeyError,
)
from federation.signatures import (
    Policy,
    SignedRequest,
    read_claims,
    sign,
    verify_claim,
)
from federation.signatures.cavage import _read_list, _read_quoted, _signing_string
from federation.signatures.keys import load_key, rsa_public_pem
from tests.support.folders import read_vectors
from tests.support.handmade import OLD_COVERED, check
from tests.support.wire import (
    ALICE,
    HOST,
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
)

PROFILES: Any = read_vectors("http-signature-profiles.json")
PROFILE_NOW = milliseconds(PROFILES["now_for_tests"])
PROFILE_KEY = load_key(PROFILES["key_id"], ALICE, PROFILES["actor_key_spki_pem"])


def profile_request(case: dict[str, Any]) -> SignedRequest:
    """The request of a profile: a POST with all its fields, or a GET with the usual ones."""
    target = case.get("target", PROFILES["target"]).removeprefix(f"https://{HOST}")
    if "headers" in case:
        body = PROFILES["body"].encode()
        return SignedRequest("POST", target, HOST, "https", tuple(case["headers"].items()), body)
    fields = {"Host": HOST, "Date": "Tue, 20 Apr 2021 02:07:55 GMT", "Signature": case["Signature"]}
    return SignedRequest("GET", target, HOST, "https", tuple(fields.items()), b"")


@pytest.mark.parametrize(
    "case", [case for case in PROFILES["accept"] if "signing_string" in case], ids=lambda case: case["name"]
)
def test_the_forms_that_servers_send_are_accepted(case: dict[str, Any]) -> None:
    request = profile_request(case)
    (claim,) = read_claims(request, POLICY, now=PROFILE_NOW)
    assert case["signing_string"].encode() in claim.bases
    assert verify_claim(claim, PROFILE_KEY).owner == ALICE


def test_a_query_is_left_out_only_of_a_get() -> None:
    request = changed(signed(a_request(target="/users/bob/inbox")), target="/users/bob/inbox?x=1")
    with pytest.raises(BadSignatureError):
        check(request)
    check(changed(signed(a_request("GET", "/users/bob")), target="/users/bob?page=true"))
    with pytest.raises(BadSignatureError):
        check(changed(signed(a_request("GET", "/users/bob?page=1")), target="/users/bob?page=2"))


@pytest.mark.parametrize("keys", [rsa_keys, ed25519_keys], ids=["RSA", "Ed25519"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_we_sign_we_accept(keys: Callable[[], Any], method: str) -> None:
    private, public = keys()
    verified = check(signed(a_request(method, "/users/bob/inbox?a=%C3%BC"), private), public)
    assert (verified.key_id, verified.owner, verified.scheme) == (public.key_id, ALICE, "cavage")
    assert verified.covered >= {"(request-target)", "host", "date"}


def test_our_delivery_is_what_mastodon_and_lemmy_expect() -> None:
    added = sign(a_request(), rsa_keys()[0], scheme="cavage", now=NOW)
    assert list(added) == ["Date", "Digest", "Signature"]
    assert added["Signature"].startswith(f'keyId="{RSA_ID}",algorithm="rsa-sha256",')
    assert f'headers="{OLD_COVERED} content-type"' in added["Signature"]


def test_fields_that_rest_on_the_signature_are_covered() -> None:
    request = a_request(headers={"Althing-Group": "group=1", "Collection-Synchronization": "x"})
    assert check(signed(request)).covered >= {"althing-group", "collection-synchronization"}


def test_an_independent_implementation_makes_the_same_signature() -> None:
    ours = sign(a_request(), rsa_keys()[0], scheme="cavage", now=NOW)
    signer = HeaderSigner(
        RSA_ID, rsa_pem().decode(), "rsa-sha256", [*OLD_COVERED.split(" "), "content-type"], sign_header="signature"
    )
    fields = {"Date": ours["Date"], "Digest": ours["Digest"], "Content-Type": "application/activity+json"}
    theirs = signer.sign(fields, host=HOST, method="POST", path="/users/bob/inbox")
    assert theirs["signature"] == ours["Signature"]


def test_an_independent_implementation_accepts_our_signature() -> None:
    request = signed(a_request())
    verifier = HeaderVerifier(
        dict(request.headers),
        rsa_public_pem(rsa_pem()),
        OLD_COVERED.split(" "),
        method="POST",
        path="/users/bob/inbox",
        sign_header="signature",
    )
    assert verifier.verify()


def test_a_percent_sign_in_a_key_id_survives_and_a_quote_is_never_sent() -> None:
    private = changed_key(f"{ALICE}/%E2%82%AC#main-key")
    assert (
        'keyId="https://pod.example/u/alice/%E2%82%AC#main-key"'
        in dict(signed(a_request(), private).headers)["Signature"]
    )
    with pytest.raises(ValueError, match="key id"):
        sign(a_request(), changed_key(f'{ALICE}",algorithm="none'), scheme="cavage", now=NOW)


def changed_key(key_id: str) -> Any:
    private = rsa_keys()[0]
    return type(private)(key_id, private.kind, private.sign)


def test_the_drafts_vectors_have_our_signing_strings_but_too_short_a_key() -> None:
    vectors: Any = read_vectors("draft-cavage-12.json")
    pem = vectors["keys"]["Test"]["public_pem"]
    with pytest.raises(UnsuitableKeyError):
        load_key("https://example.com/Test", "https://example.com/", pem)
    by_name = {case["name"]: case for case in vectors["cases"]}
    for name, case in by_name.items():
        if name != "C.3 all headers":
            with pytest.raises((UncoveredError, MalformedSignatureError)):
                read_claims(draft_request(vectors, case), Policy(frozenset({"example.com"})), now=DRAFT_NOW)
    complete = by_name["C.3 all headers"]
    request = draft_request(vectors, complete)
    (claim,) = read_claims(request, Policy(frozenset({"example.com"})), now=DRAFT_NOW)
    assert claim.bases[0].decode() == complete["signing_string"]
    public = load_pem_public_key(pem.encode())
    assert isinstance(public, RSAPublicKey)
    public.verify(claim.signature, claim.bases[0], PKCS1v15(), SHA256())


DRAFT_NOW = milliseconds("2014-01-05T21:31:40Z")


def draft_request(vectors: Any, case: Any) -> SignedRequest:
    """The draft's request; its key has a bare name, which stands for a URL here."""
    field = case["Signature"].replace('keyId="Test"', 'keyId="https://example.com/Test"')
    given = vectors["request"]
    fields = (*given["headers"].items(), ("Signature", field))
    return SignedRequest("POST", given["target"], "example.com", "https", fields, given["body"].encode())


PIECES = ["keyId", "algorithm", "headers", "signature", "created", "other", "=", '"', '="', '",', "a b", ",", " "]
PIECES += ["\\", "7"]
USUAL = 'keyId="https://a.example/#k",algorithm="hs2019", headers="host date",signature="AA=="'


@given(st.lists(st.sampled_from(PIECES)).map("".join))
@example(USUAL)
@example(f"{USUAL},")
@example(f",{USUAL}")
@example(f"{USUAL},created=7")
@example(f'{USUAL},keyId="b"')
@example(f'{USUAL},other="b"')
@example(USUAL.replace(",", " , "))
@example(USUAL.replace("AA", "\\A"))
@example(f" {USUAL}")
@example(USUAL[: USUAL.rindex('"', 0, -1) + 1])
def test_what_is_read_at_once_is_what_the_grammar_says(field: str) -> None:
    if at_once := _read_quoted(field):
        assert at_once == _read_list(field)


def test_what_servers_write_is_read_at_once() -> None:
    assert _read_quoted(USUAL) == _read_list(USUAL)
    assert _read_quoted(sign(a_request(), rsa_keys()[0], scheme="cavage", now=NOW)["Signature"])


@given(st.lists(st.sampled_from(["(request-target)", "host", "date", "digest", "(created)"]), min_size=1, unique=True))
def test_the_signed_string_is_the_librarys(covered: list[str]) -> None:
    values = {"date": "Tue, 20 Apr 2021 02:07:55 GMT", "digest": "SHA-256=x", "(created)": "7"}
    request = a_request(target="/users/bob/inbox?a=1")
    theirs = generate_message(covered, values, host=HOST, method="POST", path=request.target)
    assert _signing_string(covered, values, request, request.target) == theirs
