import pickle
from typing import Final

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol import keys
from protocol.errors import MalformedError
from protocol.keys import DidKey, PrivateKey, did_of, parse_did, public_key_of, verify
from protocol.limits import MAX_LOADED_KEYS
from tests.support.folders import read_vectors

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
KEY: Final = PrivateKey.from_seed(b"\x01" * 32)


def test_a_key_signs_as_rfc_8032_section_7_1_says() -> None:
    key = PrivateKey.from_seed(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    signature = key.sign(b"")

    assert public_key_of(key.did).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signature.hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert verify(key.did, b"", signature)


def test_keys_of_the_record_vectors_have_their_names() -> None:
    named = read_vectors("records.json")["keys"]

    assert PrivateKey.from_seed(b"\x01" * 32).did == named["pod_a"]
    assert PrivateKey.from_seed(b"\x02" * 32).did == named["pod_b"]
    assert PrivateKey.from_seed(b"\x4d" * 32).did == named["link"]


def test_ed25519_keys_of_the_multikey_vectors_are_read_and_written() -> None:
    cases = [case for case in read_vectors("multikey-did-key.json")["cases"] if "did_key" in case]

    assert len(cases) == 3
    for case in cases:
        did = parse_did(case["did_key"])
        assert public_key_of(did).hex() == case["public_key_hex"]
        assert did_of(bytes.fromhex(case["public_key_hex"])) == did


def test_the_secret_of_the_multikey_vectors_makes_its_public_key() -> None:
    (pair,) = [case for case in read_vectors("multikey-did-key.json")["cases"] if "secret_key_hex" in case]

    assert PrivateKey.from_seed(bytes.fromhex(pair["secret_key_hex"])).did == pair["did_key"]


def test_bad_multikeys_and_other_algorithms_are_no_did() -> None:
    vectors = read_vectors("multikey-did-key.json")
    rsa = [case["multikey"]["publicKeyMultibase"] for case in vectors["cases"] if case["kind"].startswith("rsa")]
    for multibase in [*rsa, *(case["publicKeyMultibase"] for case in vectors["negative"])]:
        with pytest.raises(MalformedError):
            parse_did(f"did:key:{multibase}")


def did_with(payload: bytes) -> str:
    return f"did:key:z{base58.b58encode(payload).decode()}"


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"did:key:z6Mk",
        "",
        "did:key:",
        KEY.did + " ",
        KEY.did + "\n",
        KEY.did[:-1],
        KEY.did + "1",
        KEY.did.upper(),
        KEY.did.replace("z6Mk", "m6Mk"),
        KEY.did.removeprefix("did:key:"),
        KEY.did[:-1] + "0",
        f"{KEY.did}#{KEY.did[8:]}",
        did_with(b"\xec\x01" + bytes(range(32))),
        did_with(b"\xed\x01" + bytes(range(31))),
        did_with(b"\xed\x01" + bytes(range(33))),
        "did:key:z6Mk" + "z" * 44,
    ],
    ids=ascii,
)
def test_only_a_did_key_of_ed25519_is_a_key(value: object) -> None:
    with pytest.raises(MalformedError):
        parse_did(value)


def add(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """The addition law of the curve, from RFC 8032 §5.1.4 in affine coordinates."""
    (x1, y1), (x2, y2) = left, right
    both = D * x1 * x2 * y1 * y2
    return (x1 * y2 + x2 * y1) * pow(1 + both, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - both, -1, P) % P


def x_of(y: int) -> int:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    assert root * root % P == square
    return root


def test_the_refused_points_are_all_eight_of_small_order() -> None:
    points = {(x, y) for y in keys._SMALL_ORDER for x in {x_of(y), -x_of(y) % P}}

    assert len(points) == 8
    for point in points:
        eightfold = point
        for _ in range(3):
            eightfold = add(eightfold, eightfold)
        assert eightfold == (0, 1)


SMALL_OR_NOT_CANONICAL = [
    (y + sign * 2**255).to_bytes(32, "little")
    for y in (*sorted(keys._SMALL_ORDER), P, P + 1, P + 3, 2**255 - 1)
    for sign in (0, 1)
]


@pytest.mark.parametrize("public_key", SMALL_OR_NOT_CANONICAL, ids=bytes.hex)
def test_keys_of_small_order_or_another_encoding_are_refused(public_key: bytes) -> None:
    did = DidKey(did_with(b"\xed\x01" + public_key))
    with pytest.raises(MalformedError):
        parse_did(did)
    with pytest.raises(MalformedError):
        verify(did, b"anything", bytes(64))


def test_the_bare_library_takes_one_signature_for_every_message_under_a_small_key() -> None:
    """Why rule 2 of protocol/keys.py exists: this must never become our answer."""
    identity = (1).to_bytes(32, "little")
    universal = identity + bytes(32)

    Ed25519PublicKey.from_public_bytes(identity).verify(universal, b"I owe you nothing")
    Ed25519PublicKey.from_public_bytes(identity).verify(universal, b"I owe you everything")


def test_a_name_that_is_no_point_of_the_curve_signs_nothing() -> None:
    no_point = next(y for y in range(2, 100) if pow((y * y - 1) * (D * y * y + 1), (P - 1) // 2, P) == P - 1)

    assert not verify(parse_did(did_with(b"\xed\x01" + no_point.to_bytes(32, "little"))), b"", KEY.sign(b""))


def test_the_second_form_of_a_signature_is_refused() -> None:
    signature = KEY.sign(b"once")
    second = signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")

    assert verify(KEY.did, b"once", signature)
    assert not verify(KEY.did, b"once", second)
    assert keys._is_canonical(signature)
    assert not keys._is_canonical(second)


@pytest.mark.parametrize("y", [P, P + 1, 2**255 - 1, P + 2**255])
def test_a_signature_whose_r_is_not_canonical_is_refused(y: int) -> None:
    signature = y.to_bytes(32, "little") + KEY.sign(b"")[32:]

    assert not verify(KEY.did, b"", signature)
    assert not keys._is_canonical(signature)


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    assert not verify(KEY.did, b"", (KEY.sign(b"") * 2)[:length])


def test_a_signature_fits_one_message_and_one_key() -> None:
    other = PrivateKey.from_seed(b"\x02" * 32)

    assert not verify(KEY.did, b"this", KEY.sign(b"that"))
    assert not verify(other.did, b"this", KEY.sign(b"this"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_a_bug(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PrivateKey.from_seed(bytes(length))


def test_a_private_key_never_shows_its_seed() -> None:
    seed = bytes(range(32))
    key = PrivateKey.from_seed(seed)

    assert repr(key) == f"PrivateKey(did={key.did!r})"
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_loaded_keys_are_bounded_and_refusals_are_not_kept() -> None:
    before = keys._load.cache_info()
    for public_key in SMALL_OR_NOT_CANONICAL:
        with pytest.raises(MalformedError):
            parse_did(did_with(b"\xed\x01" + public_key))

    assert keys._load.cache_info().currsize == before.currsize
    assert before.maxsize == MAX_LOADED_KEYS
