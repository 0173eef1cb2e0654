from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.engine import columns
from models.engine.columns import bytes_of_id, id_of_bytes
from protocol.ids import id_from_digest

digests = st.binary(min_size=32, max_size=32)


def forget() -> None:
    columns._BYTES.clear()
    columns._IDS.clear()


@given(digest=digests)
def test_an_id_comes_back_from_its_stored_bytes(digest: bytes) -> None:
    identifier = id_from_digest(digest)

    stored = bytes_of_id(identifier)
    assert len(stored) == 32
    assert id_of_bytes(stored) == identifier
    forget()
    assert id_of_bytes(stored) == identifier
    assert bytes_of_id(identifier) == stored


def test_remembered_ids_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_MOST_KNOWN", 8)
    forget()
    for number in range(40):
        bytes_of_id(id_from_digest(sha256(bytes([number])).digest()))
        assert len(columns._BYTES) == len(columns._IDS) <= 8


def test_stored_ids_sort_as_their_text_does() -> None:
    ids = [id_from_digest(sha256(bytes([number])).digest()) for number in range(256)]

    assert sorted(ids, key=bytes_of_id) == sorted(ids)
    assert [id_from_digest(digest) for digest in sorted(sha256(bytes([n])).digest() for n in range(256))] != sorted(ids)


@pytest.mark.parametrize("spoil", [lambda own: "x" * 9 + own[9:], lambda own: own[:-1] + "b", str.upper])
def test_w13_a_text_with_the_bytes_of_a_record_gives_it_no_other_name(spoil: Callable[[str], str]) -> None:
    own_id = id_from_digest(sha256(b"named by nobody yet " + spoil("a" * 61).encode()).digest())
    with suppress(ValueError):
        stored = bytes_of_id(spoil(own_id))
        assert id_of_bytes(stored) != spoil(own_id)
    assert id_of_bytes(bytes_of_id(own_id)) == own_id
