from functools import cache
from typing import Any

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.errors import KeyOwnerError, UnsuitableKeyError
from federation.signatures.keys import (
    VerificationKey,
    find_actor_key,
    find_document_key,
    load_key,
    owner_in_key_document,
    rsa_public_pem,
    verify_with,
)
from protocol.keys import did_of
from tests.support.folders import read_vectors
from tests.support.wire import ALICE, ED25519_ID, RSA_ID, ed25519_keys, rsa_keys, rsa_pem

MALLORY = "https://evil.example/u/mallory"
KEY_PAGE = "https://pod.example/keys/1"


def load(text: str) -> VerificationKey:
    return load_key(RSA_ID, ALICE, text)


@cache
def rsa_text() -> str:
    return rsa_public_pem(rsa_pem())


def pem_of(public: Any) -> str:
    return str(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def rsa_with(exponent: int, bits: int = 2048) -> str:
    """A public key that nobody has to be able to use."""
    return pem_of(rsa.RSAPublicNumbers(exponent, (1 << (bits - 1)) | 1).public_key())


def an_actor(**members: Any) -> dict[str, Any]:
    listed = {"id": RSA_ID, "owner": ALICE, "publicKeyPem": rsa_text()}
    multikey = {
        "id": ED25519_ID,
        "type": "Multikey",
        "controller": ALICE,
        "publicKeyMultibase": ed25519_keys()[1].text,
    }
    return {"id": ALICE, "publicKey": listed, "assertionMethod": [multikey]} | members


def test_a_key_is_read_in_every_spelling_that_is_served() -> None:
    pem = rsa_text()
    lines = pem.strip().splitlines()
    pkcs1 = rsa_keys()[1].public
    assert isinstance(pkcs1, rsa.RSAPublicKey)
    older = pkcs1.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    multibase = "z" + base58.b58encode(b"\x85\x24" + pkcs1.public_bytes(Encoding.DER, PublicFormat.PKCS1)).decode()
    for text in (pem, pem.replace("\n", "\r\n"), " ".join(lines), "".join(lines), older, multibase):
        key = load(text)
        assert key.kind == "rsa"
        assert verify_with(key, b"message", rsa_keys()[0].sign(b"message"))
        assert not verify_with(key, b"massage", rsa_keys()[0].sign(b"message"))


def test_an_ed25519_key_is_read_from_pem_and_multibase_alike() -> None:
    text = ed25519_keys()[1].text
    raw = base58.b58decode(text[1:])[2:]
    from_pem = load(pem_of(ed25519.Ed25519PublicKey.from_public_bytes(raw)))
    assert from_pem.kind == "ed25519"
    assert from_pem.public == load(text).public
    assert verify_with(from_pem, b"message", ed25519_keys()[0].sign(b"message"))
    assert not verify_with(from_pem, b"massage", ed25519_keys()[0].sign(b"message"))


def test_the_multibase_vectors_are_read_or_refused() -> None:
    vectors: Any = read_vectors("multikey-did-key.json")
    for case in vectors["cases"]:
        text = case.get("multikey", case).get("publicKeyMultibase") or case["did_key"].removeprefix("did:key:")
        public = load(text).public
        if isinstance(public, rsa.RSAPublicKey):
            assert public.public_bytes(Encoding.DER, PublicFormat.PKCS1).hex() == case["public_key_hex"]
        else:
            assert public == did_of(bytes.fromhex(case["public_key_hex"]))
    for case in vectors["negative"]:
        with pytest.raises(UnsuitableKeyError):
            load(case["publicKeyMultibase"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(rsa_with(65537, 1024), id="RSA-1024"),
        pytest.param(rsa_with(65537, 2047), id="RSA-2047"),
        pytest.param(rsa_with(65537, 8193), id="RSA-8193"),
        pytest.param(rsa_with(65537, 16384), id="RSA-16384"),
        pytest.param(rsa_with(2**40 + 1), id="huge exponent"),
        pytest.param(pem_of(ec.generate_private_key(ec.SECP256R1()).public_key()), id="ECDSA"),
        pytest.param(pem_of(dsa.generate_private_key(1024).public_key()), id="DSA"),
        pytest.param("c2VjcmV0", id="HMAC secret"),
        pytest.param("z" + base58.b58encode(b"\x80\x24" + bytes(33)).decode(), id="P-256 multikey"),
        pytest.param("z" + base58.b58encode(b"\xed\x01" + bytes(31)).decode(), id="short Ed25519"),
        pytest.param("z" + base58.b58encode(b"\xed\x01\x01" + bytes(31)).decode(), id="Ed25519 of small order"),
        pytest.param("z0OIl", id="not base58"),
        pytest.param("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", id="no key"),
        pytest.param("-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----", id="not base64"),
        pytest.param("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", id="private key"),
        pytest.param("-----BEGIN PUBLIC KEY-----" + "A" * 5000 + "-----END PUBLIC KEY-----", id="too long"),
    ],
)
def test_fed_21_an_unsuitable_key_is_refused(text: str) -> None:
    with pytest.raises(UnsuitableKeyError):
        load(text)


@pytest.mark.parametrize("exponent", [1, 2, 65536])
def test_fed_21_an_even_or_trivial_exponent_is_refused(exponent: int) -> None:
    # No library makes such a key, so the sound exponent is overwritten in place (three bytes at the end).
    public = rsa_keys()[1].public
    assert isinstance(public, rsa.RSAPublicKey)
    der = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert der.endswith(b"\x02\x03\x01\x00\x01")
    forged = der[:-3] + exponent.to_bytes(3, "big")
    with pytest.raises(UnsuitableKeyError):
        load("z" + base58.b58encode(b"\x85\x24" + forged).decode())


def test_fed_2_the_key_of_an_actor_is_found_under_its_id() -> None:
    assert find_actor_key(an_actor(), RSA_ID).kind == "rsa"
    found = find_actor_key(an_actor(), ED25519_ID)
    assert (found.owner, found.key_id, found.kind) == (ALICE, ED25519_ID, "ed25519")
    single = an_actor(assertionMethod=an_actor()["assertionMethod"][0])
    assert find_actor_key(single, ED25519_ID).kind == "ed25519"


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param(an_actor(publicKey=None, assertionMethod=None), id="no key"),
        pytest.param(an_actor(publicKey=RSA_ID), id="a link only"),
        pytest.param(an_actor(publicKey={"id": KEY_PAGE, "owner": ALICE, "publicKeyPem": "x"}), id="another key"),
        pytest.param(an_actor(publicKey={"id": RSA_ID, "owner": MALLORY, "publicKeyPem": "x"}), id="other owner"),
        pytest.param(an_actor(publicKey={"id": RSA_ID, "publicKeyPem": rsa_text()}), id="no owner"),
        pytest.param(an_actor(id=MALLORY), id="other actor"),
        pytest.param(an_actor(id=None), id="anonymous actor"),
    ],
)
def test_fed_2_a_key_of_another_id_or_owner_is_refused(actor: dict[str, Any]) -> None:
    with pytest.raises(KeyOwnerError):
        find_actor_key(actor, RSA_ID)


def test_fed_2_a_key_of_its_own_page_counts_when_the_owner_names_it() -> None:
    page = {"id": KEY_PAGE, "owner": ALICE, "publicKeyPem": rsa_text()}
    for listed in (KEY_PAGE, [KEY_PAGE], {"id": KEY_PAGE}):
        assert find_document_key(page, an_actor(publicKey=listed), KEY_PAGE).owner == ALICE


@pytest.mark.parametrize(
    ("page", "actor"),
    [
        pytest.param({"owner": ALICE}, an_actor(), id="the owner doesn't name it"),
        pytest.param({"owner": ALICE}, an_actor(id=MALLORY, publicKey=KEY_PAGE), id="another actor names it"),
        pytest.param({"owner": MALLORY}, an_actor(id=MALLORY, publicKey=KEY_PAGE), id="owner elsewhere"),
        pytest.param({}, an_actor(publicKey=KEY_PAGE), id="no owner"),
        pytest.param({"id": RSA_ID, "owner": ALICE}, an_actor(publicKey=KEY_PAGE), id="page of another key"),
    ],
)
def test_fed_2_a_key_that_is_not_named_both_ways_is_refused(page: dict[str, Any], actor: dict[str, Any]) -> None:
    document = {"id": KEY_PAGE, "publicKeyPem": rsa_text()} | page
    with pytest.raises(KeyOwnerError):
        find_document_key(document, actor, KEY_PAGE)


def test_fed_2_a_key_page_names_whom_to_ask() -> None:
    assert owner_in_key_document({"id": KEY_PAGE, "controller": ALICE}, KEY_PAGE) == ALICE
