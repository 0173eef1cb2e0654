import pickle
from hashlib import sha512
from typing import Final

import base58
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from protocol import keys
from protocol.errors import MalformedError
from protocol.keys import DidKey, PrivateKey, did_of, parse_did, verify
from protocol.limits import MAX_LOADED_KEYS
from tests.support.folders import read_vectors

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
KEY: Final = PrivateKey.from_seed(b"\x01" * 32)


def test_a_key_signs_as_rfc_8032_section_7_1_says() -> None:
    key = PrivateKey.from_seed(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    signature = key.sign(b"")

    assert key.did == did_of(bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
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


def times(count: int, point: tuple[int, int]) -> tuple[int, int]:
    result = (0, 1)
    while count:
        if count & 1:
            result = add(result, point)
        point, count = add(point, point), count >> 1
    return result


def encoded(point: tuple[int, int]) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def hashed(*parts: bytes) -> int:
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little") % L


def even(y: int) -> tuple[int, int]:
    return (x, y) if (x := x_of(y)) % 2 == 0 else (-x % P, y)


BASE: Final = even(4 * pow(5, -1, P) % P)
OF_ORDER_8: Final = even(keys._Y_OF_ORDER_8)
SCALARS = st.integers(1, L - 1)
ORDERS = st.integers(0, 7)


def a_signature(secret: int, nonce: int, message: bytes, *, key_twist: int = 0, twist: int = 0) -> tuple[bytes, bytes]:
    """(key, signature) of somebody who adds points of small order to A and R, which honest signers never do."""
    public = encoded(add(times(secret, BASE), times(key_twist, OF_ORDER_8)))
    commitment = encoded(add(times(nonce, BASE), times(twist, OF_ORDER_8)))
    scalar = (nonce + hashed(commitment, public, message) * secret) % L
    return public, commitment + scalar.to_bytes(32, "little")


def letter_of_the_law(public: bytes, message: bytes, signature: bytes) -> bool:
    """What we answered before libsodium: our strict checks of encodings, and then OpenSSL."""
    y, s = int.from_bytes(signature[:32], "little") % 2**255, int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or y >= P or s >= L:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def check_agreement(public: bytes, message: bytes, signature: bytes) -> bool:
    """Both verifiers' one answer."""
    answer = verify(did_of(public), message, signature)
    assert answer == letter_of_the_law(public, message, signature)
    return answer


def test_the_build_of_libsodium_checks_without_cofactor() -> None:
    public, message, signature = keys._WITH_COFACTOR
    r, s = int.from_bytes(signature[:32], "little") % 2**255, int.from_bytes(signature[32:], "little")
    public_point = next(p for p in ((x_of(y), y) for y in [int.from_bytes(public, "little") % 2**255]))
    public_point = public_point if encoded(public_point) == public else (-public_point[0] % P, public_point[1])
    r_point = (x_of(r), r) if encoded((x_of(r), r)) == signature[:32] else (-x_of(r) % P, r)
    k = hashed(signature[:32], public, message)
    # The vector is what it is for: times 8 both sides are one point, and without that they aren't.
    assert times(8, times(s, BASE)) == times(8, add(r_point, times(k, public_point)))
    assert times(s, BASE) != add(r_point, times(k, public_point))
    assert keys._SODIUM_HAS_NO_COFACTOR


@pytest.mark.parametrize("nonce", [0, 5], ids=["r-of-small-order", "r-mixed"])
@pytest.mark.parametrize("key_twist", range(8))
@pytest.mark.parametrize("twist", range(8))
def test_twisted_signatures_have_the_answer_that_they_had(key_twist: int, twist: int, nonce: int) -> None:
    answers = []
    for number in range(16):
        message = b"%d" % number
        public, signature = a_signature(7, nonce, message, key_twist=key_twist, twist=twist)
        answers.append(check_agreement(public, message, signature))
    # Without cofactor k times the key's twist must be the commitment's: always, never, or one time in some.
    assert any(answers) or key_twist % 2 == 0 or nonce or twist
    if key_twist == 0:
        assert all(answers) == (twist == 0)


@given(secret=SCALARS, nonce=SCALARS, key_twist=ORDERS, twist=ORDERS, message=st.binary(max_size=64))
def test_any_signature_has_the_answer_that_it_had(
    secret: int, nonce: int, key_twist: int, twist: int, message: bytes
) -> None:
    public, signature = a_signature(secret, nonce, message, key_twist=key_twist, twist=twist)
    if public not in SMALL_OR_NOT_CANONICAL:
        answer = check_agreement(public, message, signature)
        assert answer or key_twist or twist


@given(
    secret=SCALARS,
    place=st.integers(0, 511),
    message=st.binary(max_size=64),
    scalars=st.integers(0, 15),
    raw=st.binary(),
)
def test_a_changed_signature_has_the_answer_that_it_had(
    secret: int, place: int, message: bytes, scalars: int, raw: bytes
) -> None:
    public, signature = a_signature(secret, 5, message)
    assert check_agreement(public, message, signature)
    flipped = (int.from_bytes(signature, "little") ^ 1 << place).to_bytes(64, "little")
    assert not check_agreement(public, message, flipped)
    higher = int.from_bytes(signature[32:], "little") + scalars * L
    if scalars and higher < 2**256:
        assert not check_agreement(public, message, signature[:32] + higher.to_bytes(32, "little"))
    assert not check_agreement(public, message, (raw + bytes(64))[:64])


@pytest.mark.parametrize("y", [*sorted(keys._SMALL_ORDER), P, P + 1, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_commitments_at_the_edges_have_the_answer_that_they_had(y: int, sign: int) -> None:
    public = encoded(times(7, BASE))
    commitment = (y + sign * 2**255).to_bytes(32, "little")
    scalar = hashed(commitment, public, b"m") * 7 % L
    answer = check_agreement(public, b"m", commitment + scalar.to_bytes(32, "little"))
    assert answer == (y == 1 and sign == 0)


def test_a_build_that_checks_with_cofactor_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def with_cofactor(public: bytes, message: bytes, signature: bytes) -> bool:
        asked.append(signature)
        return bool(public and message)

    monkeypatch.setattr(keys, "_sodium_verifies", with_cofactor)
    public, message, signature = keys._WITH_COFACTOR
    assert verify(did_of(public), message, signature)
    monkeypatch.setattr(keys, "_SODIUM_HAS_NO_COFACTOR", False)
    assert not verify(did_of(public), message, signature)
    assert len(asked) == 1
