"""Opens an archive that somebody brought: nothing of it is handed out before every file in it is what was written.

Only names of `contents` may stand in it, each once, as plain files that don't overlap. The directory is measured before
it is read, and each file while it is unpacked, so what comes is bounded whatever the archive says of itself. Nothing is
ever unpacked onto the disk.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from stat import S_IFMT, S_IFREG
from typing import BinaryIO, Final, NoReturn
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import msgspec

from pod.archive.contents import (
    CLASS_FILES,
    MANIFEST,
    MOST_BYTES,
    MOST_DIRECTORY_BYTES,
    MOST_FILES,
    MOST_INFLATED_BYTES,
    MOST_RATIO,
    SMALL_BYTES,
    SUMS,
    is_known,
)
from pod.rules.archives import ArchiveRule
from protocol.copies import ClassTotal, CopyLine, CopyTally, parse_line
from protocol.errors import RefusedError
from protocol.limits import MAX_LINE_BYTES

PIECE: Final = 64 * 1024
LINES_AT_ONCE: Final = 500
_END: Final = struct.Struct("<4sHHHHIIH")
_END_MARK: Final = b"PK\x05\x06"
_LOCKED: Final = 0x1
_SUM_LINE: Final = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")
_MAKER: Final = object()


class _Totals(msgspec.Struct, frozen=True):
    """What the opener asks of a manifest; who signed it is asked where the person's keys are known."""

    classes: dict[str, ClassTotal]


class CheckedArchive:
    """An archive of which each file has the hash, and each class the root, that it states; `check_archive` makes it.

    `manifest`: its bytes, of which nobody has looked at the signature yet.
    """

    __slots__ = ("_zip", "manifest")

    def __init__(self, whole: ZipFile, manifest: bytes, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("Only check_archive makes a CheckedArchive.")
        self._zip = whole
        self.manifest = manifest

    def lines(self, name: str) -> Iterator[CopyLine]:
        """The lines of a class."""
        path = next(path for path, known in CLASS_FILES.items() if known == name)
        yield from _lines(_pieces(self._zip, self._zip.getinfo(path)), path)


def check_archive(
    file: BinaryIO, told: Callable[[str, int, int], None] = lambda _part, _done, _of: None
) -> CheckedArchive:
    """Read an archive to its end. Raises MalformedError or TooLargeError, which name the file that doesn't fit."""
    _measure_directory(file)
    try:
        whole = ZipFile(file)
    except (BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
        raise ArchiveRule.NOT_A_ZIP.error() from error
    entries = whole.infolist()
    _check_entries(entries)
    found: dict[str, str] = {}
    totals: dict[str, ClassTotal] = {}
    manifest = sums = b""
    for number, entry in enumerate(entries, 1):
        if entry.filename in CLASS_FILES:
            found[entry.filename], totals[CLASS_FILES[entry.filename]] = _read_class(whole, entry)
        elif entry.filename in {MANIFEST, SUMS}:
            text = _read_short(whole, entry)
            found[entry.filename] = sha256(text).hexdigest()
            manifest, sums = (text, sums) if entry.filename == MANIFEST else (manifest, text)
        else:
            found[entry.filename] = _digest(_pieces(whole, entry))
        told("files", number, len(entries))
    _check_sums(found, sums)
    _check_totals(totals, manifest)
    return CheckedArchive(whole, manifest, _MAKER)


def _measure_directory(file: BinaryIO) -> None:
    """Refuse a directory that would fill the memory; the zip ends without a comment, as ours do."""
    size = file.seek(0, 2)
    if not _END.size <= size <= MOST_BYTES:
        raise (ArchiveRule.NOT_A_ZIP.error() if size < _END.size else ArchiveRule.TOO_LARGE.error(most=MOST_BYTES))
    file.seek(size - _END.size)
    mark, disk, start_disk, here, count, length, start, comment = _END.unpack(file.read(_END.size))
    if mark != _END_MARK or disk or start_disk or here != count or comment or start + length != size - _END.size:
        raise ArchiveRule.NOT_A_ZIP.error()
    if count > MOST_FILES or length > MOST_DIRECTORY_BYTES:
        raise ArchiveRule.DIRECTORY_TOO_LONG.error()
    file.seek(0)


def _check_entries(entries: Sequence[ZipInfo]) -> None:
    """Known names, each once, as plain files of a bounded size, one after the other."""
    names = set[str]()
    for entry in entries:
        # `orig_filename` is what stands in the file: `filename` is cut at a zero byte.
        if entry.orig_filename != entry.filename or not is_known(entry.filename):
            raise ArchiveRule.UNKNOWN_NAME.error(name=ascii(entry.orig_filename[:100]))
        if entry.filename in names:
            raise ArchiveRule.FILE_TWICE.error(name=entry.filename)
        names.add(entry.filename)
        _check_plain(entry)
    if sum(entry.file_size for entry in entries) > MOST_INFLATED_BYTES:
        raise ArchiveRule.INFLATES_TOO_FAR.error(name="it")
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise ArchiveRule.OVERLAP.error(name=entry.filename)
        end = entry.header_offset + entry.compress_size


def _check_plain(entry: ZipInfo) -> None:
    kind = S_IFMT(entry.external_attr >> 16)
    packed = entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}
    if entry.flag_bits & _LOCKED or kind not in {0, S_IFREG} or packed:
        raise ArchiveRule.NO_PLAIN_FILE.error(name=entry.filename)
    if entry.file_size > max(SMALL_BYTES, MOST_RATIO * entry.compress_size):
        raise ArchiveRule.INFLATES_TOO_FAR.error(name=entry.filename)


def _pieces(whole: ZipFile, entry: ZipInfo) -> Iterator[bytes]:
    """A file, unpacked a piece at a time: never more of it than its directory entry says."""
    read = 0
    try:
        with whole.open(entry) as inside:
            while piece := inside.read(PIECE):
                read += len(piece)
                yield piece
    except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error) as error:
        raise ArchiveRule.DAMAGED.error(name=entry.filename) from error
    if read != entry.file_size:
        raise ArchiveRule.DAMAGED.error(name=entry.filename)


def _digest(pieces: Iterator[bytes]) -> str:
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _read_short(whole: ZipFile, entry: ZipInfo) -> bytes:
    """The manifest or the list of hashes."""
    if entry.file_size > MOST_DIRECTORY_BYTES:
        raise ArchiveRule.INFLATES_TOO_FAR.error(name=entry.filename)
    return b"".join(_pieces(whole, entry))


def _read_class(whole: ZipFile, entry: ZipInfo) -> tuple[str, ClassTotal]:
    """The hash of a class's file, and the total of its lines."""
    digest, tally = sha256(), CopyTally()

    def hashed() -> Iterator[bytes]:
        for piece in _pieces(whole, entry):
            digest.update(piece)
            yield piece

    some: list[CopyLine] = []
    try:
        for line in _lines(hashed(), entry.filename):
            some.append(line)
            if len(some) == LINES_AT_ONCE:
                tally, some = tally.add(some), []
        total = tally.add(some).total()
    except RefusedError as error:
        _damaged(entry.filename, error)
    return digest.hexdigest(), total


def _lines(pieces: Iterator[bytes], name: str) -> Iterator[CopyLine]:
    """Lines that each end in a line end; the first one that is none is named by its number."""
    rest, number = b"", 0
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for number, line in enumerate(whole, number + 1):  # noqa: B020  (it counts on over the pieces)
            yield _line(line, name, number)
        if len(rest) > MAX_LINE_BYTES:
            raise ArchiveRule.INFLATES_TOO_FAR.error(name=name)
    if rest:
        raise ArchiveRule.DAMAGED.error(name=name)


def _line(raw: bytes, name: str, number: int) -> CopyLine:
    try:
        return parse_line(raw)
    except RefusedError as error:
        raise ArchiveRule.DAMAGED_LINE.error(name=name, line=number) from error


def _damaged(name: str, error: RefusedError) -> NoReturn:
    """Name the file in which a line is none."""
    if isinstance(error.refused.rule, ArchiveRule):
        raise error
    raise ArchiveRule.DAMAGED.error(name=name) from error


def _check_sums(found: dict[str, str], sums: bytes) -> None:
    """Each file but the list itself has the hash that the list states, and no other is listed."""
    if SUMS not in found:
        raise ArchiveRule.LACKS.error(name=SUMS)
    try:
        text = sums.decode("ascii")
    except UnicodeDecodeError as error:
        raise ArchiveRule.DAMAGED.error(name=SUMS) from error
    stated = {match[2]: match[1] for match in _SUM_LINE.finditer(text)}
    if "".join(f"{digest}  {name}\n" for name, digest in stated.items()) != text:
        raise ArchiveRule.DAMAGED.error(name=SUMS)
    for name in {*stated, *found} - {SUMS}:
        if name not in found:
            raise ArchiveRule.LACKS.error(name=name)
        if stated.get(name) != found[name]:
            raise ArchiveRule.DAMAGED.error(name=name)


def _check_totals(totals: dict[str, ClassTotal], manifest: bytes) -> None:
    """Each class that the manifest names is there, with its count, bytes and root, and no other."""
    if not manifest:
        raise ArchiveRule.LACKS.error(name=MANIFEST)
    try:
        stated = msgspec.json.decode(manifest, type=_Totals).classes
    except msgspec.DecodeError as error:
        raise ArchiveRule.DAMAGED.error(name=MANIFEST) from error
    for path, name in CLASS_FILES.items():
        if name not in totals:
            raise ArchiveRule.LACKS.error(name=path)
        if stated.get(name) != totals[name]:
            raise ArchiveRule.DAMAGED.error(name=path)
