from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from models.engine.columns import bytes_of_id, id_of_bytes
from protocol.ids import id_from_digest

digests = st.binary(min_size=32, max_size=32)


@given(digest=digests)
def test_an_id_comes_back_from_its_stored_bytes(digest: bytes) -> None:
    identifier = id_from_digest(digest)

    assert len(bytes_of_id(identifier)) == 32
    assert id_of_bytes(bytes_of_id(identifier)) == identifier


def test_stored_ids_sort_as_their_text_does() -> None:
    ids = [id_from_digest(sha256(bytes([number])).digest()) for number in range(256)]

    assert sorted(ids, key=bytes_of_id) == sorted(ids)
    assert [id_from_digest(digest) for digest in sorted(sha256(bytes([n])).digest() for n in range(256))] != sorted(ids)
