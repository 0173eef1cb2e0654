"""The files inside a zip, a tar.gz, a tar, or of a bare file: one after another, each read once, none put on disk.

1. Names are paths with `/`, below the archive's root. A name that leads out of the archive, and what isn't a plain
   file, is passed over.
2. Everything read counts: an archive that unfolds to more than its bounds is refused where it does, not afterwards.
3. A zip's directory is measured before it is opened, because all of it is loaded into memory.
"""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import BinaryIO, Final, cast

import msgspec

from federation.elsewhere.rows import FileBounds
from federation.elsewhere.tars import BrokenTarError, tar_entries
from federation.rules.elsewhere import ElsewhereRule

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP: Final = b"\x1f\x8b"
_TAIL: Final = 22 + 65_535  # the end of a zip and its longest comment
_ENTRY: Final = 160  # bytes of a zip's directory for a file with a long name
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    BrokenTarError,
    struct.error,
    ValueError,
    NotImplementedError,
)


class ArchiveEntry(msgspec.Struct, frozen=True):
    """One file of an archive; `is_bare`: it is no archive, but the whole file, whatever people call it.

    `stream` is good until the next entry is asked for.
    """

    path: str
    stream: BufferedReader
    is_bare: bool = False


class _GivenBytes(RawIOBase):
    """A stream that counts what it gives, and ends by a refusal where that is more than the bounds allow."""

    def __init__(self, inner: BinaryIO, file: str, packed: int, bounds: FileBounds, given: list[int]) -> None:
        super().__init__()
        self._inner, self._file, self._packed, self._bounds, self._given = inner, file, packed, bounds, given

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with _read_well(self._file):
            found = self._inner.read(len(buffer))
        self._given[0] += len(found)
        if self._given[0] > self._bounds.whole_bytes:
            raise ElsewhereRule.FILE_TOO_LARGE.error(file=self._file, most=self._bounds.whole_bytes)
        if self._given[0] > max(self._bounds.small, self._bounds.ratio * self._packed):
            raise ElsewhereRule.FILE_UNFOLDS.error(file=self._file, ratio=self._bounds.ratio)
        buffer[: len(found)] = found
        return len(found)


@contextmanager
def _read_well(file: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ElsewhereRule.FILE_DAMAGED.error(file=file) from error


def archive_entries(stream: BinaryIO, file: str, bounds: FileBounds) -> Iterator[ArchiveEntry]:
    """All files of the archive; a file that is no archive is its own only entry. The stream is read from its start."""
    packed = stream.seek(0, 2)
    stream.seek(0)
    if packed == 0:
        raise ElsewhereRule.FILE_EMPTY.error(file=file)
    if packed > bounds.packed_bytes:
        raise ElsewhereRule.FILE_TOO_LARGE.error(file=file, most=bounds.packed_bytes)
    given = [0]

    def counted(inner: BinaryIO) -> BufferedReader:
        return BufferedReader(_GivenBytes(inner, file, packed, bounds, given), 64 * 1024)

    start = stream.read(4)
    stream.seek(0)
    with _read_well(file):
        if start in _ZIP:
            yield from _of_zip(stream, file, bounds, counted)
            return
        whole = counted(cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if start.startswith(_GZIP) else stream)
        if whole.peek(512)[257:262] == b"ustar":
            yield from _of_tar(whole, file, bounds)
        else:
            yield ArchiveEntry(file, whole, is_bare=True)


def _of_tar(whole: BinaryIO, file: str, bounds: FileBounds) -> Iterator[ArchiveEntry]:
    for place, (name, inner) in enumerate(tar_entries(whole)):
        if place >= bounds.entries:
            raise ElsewhereRule.FILE_CROWDED.error(file=file, most=bounds.entries)
        if path := plain_path(name):
            yield ArchiveEntry(path, inner)


def plain_path(name: str) -> str:
    """A name in an archive as a path below it; empty if it leads anywhere else, or is a folder's."""
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts or path.endswith("/") or re.search(r"[\x00-\x1f\x7f]", path) or ":" in "".join(parts[:1]):
        return ""
    return "/".join(parts)


def _of_zip(
    stream: BinaryIO, file: str, bounds: FileBounds, counted: Callable[[BinaryIO], BufferedReader]
) -> Iterator[ArchiveEntry]:
    if _directory_bytes(stream) > bounds.entries * _ENTRY:
        raise ElsewhereRule.FILE_CROWDED.error(file=file, most=bounds.entries)
    with zipfile.ZipFile(stream) as opened:
        entries = opened.infolist()
        if len(entries) > bounds.entries:
            raise ElsewhereRule.FILE_CROWDED.error(file=file, most=bounds.entries)
        for entry in entries:
            path = plain_path(entry.filename)
            if not path or (entry.external_attr >> 16) & 0o170000 not in {0, 0o100000}:
                continue
            if entry.flag_bits & 1:
                raise ElsewhereRule.FILE_LOCKED.error(file=file)
            if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise ElsewhereRule.FILE_PACKED_ODDLY.error(file=file)
            with opened.open(entry) as inner:
                yield ArchiveEntry(path, counted(cast("BinaryIO", inner)))


def _directory_bytes(stream: BinaryIO) -> int:
    """How long the zip says its directory is; zipfile loads that much."""
    size = stream.seek(0, 2)
    start = max(0, size - _TAIL)
    stream.seek(start)
    tail = stream.read(_TAIL)
    stream.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise zipfile.BadZipFile
    (short,) = struct.unpack_from("<L", tail, end + 12)
    large = tail.rfind(b"PK\x06\x06", 0, end)
    (wide,) = struct.unpack_from("<Q", tail, large + 40) if large >= 0 else (0,)
    return max(int(wide), 0 if short == 0xFFFFFFFF and large >= 0 else int(short))
