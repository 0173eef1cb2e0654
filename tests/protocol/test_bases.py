"""Many digits at a time give what one digit at a time gives."""

from __future__ import annotations

from base64 import b32encode

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.bases import MOST_BASE_58_LETTERS, from_base_58, to_base_32

LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE_32 = b"abcdefghijklmnopqrstuvwxyz234567".ljust(256, b"?")


@given(letters=st.text(LETTERS, min_size=1, max_size=MOST_BASE_58_LETTERS))
def test_base_58_is_read_as_the_library_reads_it(letters: str) -> None:
    assert from_base_58(letters) == base58.b58decode_int(letters, autofix=False)


def test_the_largest_number_in_base_58_is_read() -> None:
    assert from_base_58("z" * MOST_BASE_58_LETTERS) == 58**MOST_BASE_58_LETTERS - 1
    with pytest.raises(ValueError, match="128 letters"):
        from_base_58("1" * (MOST_BASE_58_LETTERS + 1))


@given(octets=st.binary(min_size=32, max_size=32))
def test_base_32_is_written_as_the_library_writes_it(octets: bytes) -> None:
    number = int.from_bytes(octets, "big") << 4
    assert to_base_32(number, BASE_32) == b32encode(octets).decode().rstrip("=").lower()
