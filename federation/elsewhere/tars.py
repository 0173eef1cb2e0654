"""The plain files of a tar, as a stream: no name, size or header of it makes this pod hold more than a block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from typing import BinaryIO, Final

BLOCK: Final = 512
_LONGEST_HEADER: Final = 64 * 1024  # of a long name; a path has 4 KiB at most
_PLAIN: Final = frozenset({b"0", b"\0", b"7"})
_LONG_NAME: Final = b"L"
_PAX: Final = b"x"


class BrokenTarError(Exception):
    """The bytes are no tar, or end in the middle of one."""


class _NextBytes(RawIOBase):
    """The next bytes of a stream, as a stream of their own."""

    def __init__(self, whole: BinaryIO, size: int) -> None:
        super().__init__()
        self._whole, self.left = whole, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self._whole.read(min(len(buffer), self.left))
        if not found and self.left:
            raise BrokenTarError
        self.left -= len(found)
        buffer[: len(found)] = found
        return len(found)

    def skip(self) -> None:
        while self.left:
            found = len(self._whole.read(min(64 * 1024, self.left)))
            if not found:
                raise BrokenTarError
            self.left -= found


def tar_entries(whole: BinaryIO) -> Iterator[tuple[str, BufferedReader]]:
    """Name and content of each plain file; a content is good until the next is asked for."""
    long_name = ""
    while True:
        header = whole.read(BLOCK)
        if not header.strip(b"\0"):
            return
        if len(header) < BLOCK or not _is_header(header):
            raise BrokenTarError
        size, sort = _number(header[124:136]), header[156:157]
        part = _NextBytes(whole, size)
        if sort in {_LONG_NAME, _PAX}:
            long_name = _long_name(part, sort) or long_name
        elif sort in _PLAIN:
            yield long_name or _name_of(header), BufferedReader(part, 64 * 1024)
            long_name = ""
        else:
            long_name = ""
        part.skip()
        whole.read(-size % BLOCK)


def _is_header(header: bytes) -> bool:
    """Whether the sum of a header fits it."""
    return sum(header[:148]) + 8 * 32 + sum(header[156:]) == _number(header[148:156])


def _number(field: bytes) -> int:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b"\0 ") or b"0", 8)
    except ValueError as error:
        raise BrokenTarError from error


def _name_of(header: bytes) -> str:
    name, prefix = header[:100].split(b"\0")[0], header[345:500].split(b"\0")[0]
    return (prefix + b"/" + name if prefix else name).decode("utf-8", errors="replace")


def _long_name(part: _NextBytes, sort: bytes) -> str:
    if part.left > _LONGEST_HEADER:
        raise BrokenTarError
    raw = BufferedReader(part).read(part.left)
    if sort == _PAX:
        found = re.search(rb"(?:^|\n)\d+ path=([^\n]*)\n", raw)
        raw = found[1] if found else b""
    return raw.split(b"\0")[0].decode("utf-8", errors="replace")
