"""A sealed box opens with the words for which it was made, in the personal group for which it was made, and whole."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from protocol.boxes import (
    OVERHEAD,
    SUITE,
    BoxContent,
    BoxedValue,
    box_bytes,
    box_lines,
    box_of,
    box_public,
    info_of,
    open_box,
    public_key,
)
from protocol.canonical import canonical_bytes
from protocol.errors import BadProofError, MalformedError, RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_BOX_BYTES, MAX_LINE_BYTES
from tests.support.writing import an_id

SEED = bytes(range(32))
GROUP = an_id("own")
OTHER = an_id("other")
ACTOR = "https://old.example/u/ada"
CONTENT = BoxContent(GROUP, ACTOR, (BoxedValue(an_id("s"), OTHER, an_id("p"), "bets", 1, 3, "ab", {"x": 500}),), "PEM")


def sealed(raw: bytes, *, group: RecordId = GROUP, seed: bytes = SEED) -> bytes:
    return SUITE.encrypt(raw, public_key(box_public(seed)), info=info_of(group))


# RFC 9180 written a second time, after its text (§4.1, §5.1, §7.1): mode base, X25519, HKDF-SHA256, ChaCha20-Poly1305.


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return hmac.digest(key, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01", "sha256")[:length]


def opened_by_the_rfc(box: bytes, private: X25519PrivateKey, info: bytes, aad: bytes = b"") -> bytes:
    enc, ciphertext = box[:32], box[32:]
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"
    shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
    context = enc + private.public_key().public_bytes_raw()
    secret = _expand(kem, _extract(kem, b"", b"eae_prk", shared), b"shared_secret", context, 32)
    schedule = b"\x00" + _extract(suite, b"", b"psk_id_hash", b"") + _extract(suite, b"", b"info_hash", info)
    made = _extract(suite, secret, b"secret", b"")
    key = _expand(suite, made, b"key", schedule, 32)
    nonce = _expand(suite, made, b"base_nonce", schedule, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, aad)


def test_mg_13_a_box_is_hpke_as_rfc_9180_writes_it() -> None:
    # Vector A.2.1, whose first message has an aad, which the library can't give.
    private = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
    )
    enc = bytes.fromhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
    text = bytes.fromhex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28")
    info = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
    assert opened_by_the_rfc(enc + text, private, info, b"Count-0") == b"Beauty is truth, truth beauty"

    # What the library seals for the words opens by the same text, with the key that HKDF gives.
    derived = hmac.digest(hmac.digest(bytes(32), SEED, "sha256"), b"althing/1/box/0\x01", "sha256")
    own = X25519PrivateKey.from_private_bytes(derived)
    assert opened_by_the_rfc(sealed(b"said"), own, f"althing/1/box/{GROUP}".encode()) == b"said"


def test_mg_13_what_was_sealed_for_the_words_is_what_they_open() -> None:
    box = sealed(box_bytes(CONTENT))
    assert open_box(box, SEED, GROUP) == CONTENT
    assert len(box) == len(box_bytes(CONTENT)) + OVERHEAD
    assert "PEM" not in repr(CONTENT)


@given(at=st.integers(0, 10**6), flipped=st.integers(1, 255))
def test_a_box_that_was_changed_at_any_place_opens_nothing(at: int, flipped: int) -> None:
    box = bytearray(_WHOLE)
    box[at % len(box)] ^= flipped
    with pytest.raises(BadProofError):
        open_box(bytes(box), SEED, GROUP)


_WHOLE = sealed(box_bytes(CONTENT))


@pytest.mark.parametrize(
    ("seed", "group"), [(sha256(SEED).digest(), GROUP), (SEED, OTHER)], ids=["other words", "other group"]
)
def test_other_words_and_another_group_open_nothing(seed: bytes, group: RecordId) -> None:
    with pytest.raises(BadProofError):
        open_box(_WHOLE, seed, group)


# A box is never the same twice, so its bytes name no test.
@pytest.mark.parametrize(
    "cut",
    [b"", b"x", _WHOLE[:32], _WHOLE[:OVERHEAD], _WHOLE[:-1], bytes(len(_WHOLE))],
    ids=["nothing", "a byte", "a key", "no words", "cut short", "zeros"],
)
def test_what_is_no_box_opens_nothing(cut: bytes) -> None:
    with pytest.raises(BadProofError):
        open_box(cut, SEED, GROUP)
    with pytest.raises(BadProofError):
        open_box(bytes(MAX_BOX_BYTES + OVERHEAD + 1), SEED, GROUP)


def changed(**members: Any) -> bytes:
    return canonical_bytes({**msgspec.json.decode(box_bytes(CONTENT)), **members})


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"not json",
        changed(type="Bag"),
        changed(rules=2),
        changed(group=OTHER),
        changed(values=[{"sealed": "x"}]),
        changed(values=[{**msgspec.to_builtins(CONTENT.values[0]), "poll": "nowhere"}]),
        changed(rsa=7),
    ],
)
def test_anybody_can_make_a_box_so_what_is_in_it_is_checked(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        open_box(sealed(raw), SEED, GROUP)


@given(size=st.integers(1, MAX_BOX_BYTES + OVERHEAD))
def test_a_box_stands_in_lines_and_is_read_from_them(size: int) -> None:
    box = bytes(size)
    lines = box_lines(box)
    assert box_of(lines) == box
    assert all(len(line.text) <= MAX_LINE_BYTES for line in lines)
    assert [line.key for line in lines] == sorted(line.key for line in lines)


def test_parts_that_lack_or_stand_twice_are_refused() -> None:
    lines = box_lines(bytes(MAX_BOX_BYTES))
    assert box_of([]) is None
    for some in (lines[1:], lines[:-1], [lines[0], *lines]):
        with pytest.raises(RefusedError):
            box_of(some)
