"""Archives that somebody made up, damaged or blew up: each is refused by the rule that it breaks, by name."""

from __future__ import annotations

import asyncio
import io
import struct
import tracemalloc
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from pod.archive import opened
from pod.archive.contents import SUMS
from pod.archive.opened import check_archive
from pod.rules.archives import ArchiveRule
from protocol.errors import RefusedError
from tests.support.archives import Archive, archive_of
from tests.support.travellers import a_traveller

Files = dict[str, bytes]
RECORDS = "classes/records.jsonl"


@cache
def made() -> Archive:
    """An honest one, made once."""

    async def make() -> Archive:
        with TemporaryDirectory() as folder:
            async with a_traveller(Path(folder)) as ada:
                await ada.writes(await ada.founds("Well"), "Dry.", "Dig.")
                return await archive_of(ada)

    return asyncio.run(make())


def honest() -> Files:
    return {name: made().bytes_of(name) for name in made().names}


def zipped(files: Files, change: Callable[[ZipInfo], None] = lambda _: None) -> bytes:
    """These files as a zip, the list of their hashes made anew unless it is among them."""
    out = io.BytesIO()
    sums = "".join(f"{sha256(text).hexdigest()}  {name}\n" for name, text in files.items() if name != SUMS)
    with ZipFile(out, "w") as whole:
        for name, text in {SUMS: sums.encode(), **files}.items():
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            change(entry)
            whole.writestr(entry, text)
    return out.getvalue()


def without_sums(**files: bytes) -> Files:
    return {**{name: text for name, text in honest().items() if name != SUMS}, **files}


def patched(name: str, at: int, value: bytes) -> bytes:
    """The archive, with bytes of a file's entry in the directory replaced."""
    whole = bytearray(made().whole)
    start = whole.rindex(b"PK\x01\x02", 0, whole.rindex(name.encode()))
    whole[start + at : start + at + len(value)] = value
    return bytes(whole)


def as_link(entry: ZipInfo) -> None:
    if entry.filename == RECORDS:
        entry.external_attr = 0o120777 << 16


def as_folder(entry: ZipInfo) -> None:
    if entry.filename == RECORDS:
        entry.external_attr = 0o040755 << 16


def by_bzip2(entry: ZipInfo) -> None:
    if entry.filename == RECORDS:
        entry.compress_type = ZIP_BZIP2


def flipped(name: str) -> bytes:
    """One bit of a packed file's body."""
    whole = bytearray(made().whole)
    with ZipFile(io.BytesIO(made().whole)) as read:
        entry = read.getinfo(name)
    whole[entry.header_offset + 30 + len(name) + entry.compress_size // 2] ^= 1
    return bytes(whole)


def twice() -> bytes:
    out = io.BytesIO(made().whole)
    with pytest.warns(UserWarning, match="Duplicate name"), ZipFile(out, "a") as whole:
        whole.writestr(RECORDS, b"")
    return out.getvalue()


def overlapping() -> bytes:
    """Two names for one body: as bombs are made that unpack to petabytes."""
    name = "classes/personal.jsonl"
    with ZipFile(io.BytesIO(made().whole)) as read:
        other = read.getinfo("classes/memberships.jsonl")
    return patched(name, 42, struct.pack("<I", other.header_offset))


def longer_than_it_says() -> bytes:
    """A file of which the directory says that it is short: unpacking stops there."""
    with ZipFile(io.BytesIO(made().whole)) as read:
        size = read.getinfo("README.html").file_size
    return patched("README.html", 24, struct.pack("<I", size - 100))


def bomb() -> bytes:
    return zipped(without_sums(**{"README.html": b"\x00" * 50_000_000}))


def long_line() -> bytes:
    return zipped(without_sums(**{RECORDS: b'{"key":"a","kind":"' + bytes(range(97, 123)) * 40_000 + b'"}\n'}), stored)


def stored(entry: ZipInfo) -> None:
    entry.compress_type = ZIP_STORED


def another_line() -> bytes:
    return zipped(without_sums(**{RECORDS: b'{"key":"a","kind":"entry"}\n'}))


def named(name: str) -> bytes:
    return zipped(without_sums(**{name: b"?"}))


def lacking(name: str) -> bytes:
    return zipped({other: text for other, text in without_sums().items() if other != name})


def other_sums(sums: bytes) -> bytes:
    return zipped({**honest(), SUMS: sums})


HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "nothing": (lambda: b"", "NOT_A_ZIP", ""),
    "no zip": (lambda: b"PK" * 5000, "NOT_A_ZIP", ""),
    "cut off": (lambda: made().whole[:-500], "NOT_A_ZIP", ""),
    "the end alone": (lambda: made().whole[-22:], "NOT_A_ZIP", ""),
    "with a comment": (lambda: made().whole[:-2] + b"\x05\x00hello", "NOT_A_ZIP", ""),
    "a directory that is longer than the file": (
        lambda: made().whole[:-10] + struct.pack("<IIH", 2**32 - 1, 0, 0),
        "NOT_A_ZIP",
        "",
    ),
    "before it, another file": (lambda: b"#!/bin/sh\n" + made().whole, "NOT_A_ZIP", ""),
    "an unknown name": (lambda: named("notes.txt"), "UNKNOWN_NAME", "notes.txt"),
    "above its folder": (lambda: named("../README.html"), "UNKNOWN_NAME", "../README.html"),
    "an absolute path": (lambda: named("/etc/passwd"), "UNKNOWN_NAME", "/etc/passwd"),
    "a path of Windows": (lambda: named("classes\\records.jsonl"), "UNKNOWN_NAME", "classes\\\\records.jsonl"),
    "a folder": (lambda: named("classes/"), "UNKNOWN_NAME", "classes/"),
    "another case": (lambda: named("readme.html"), "UNKNOWN_NAME", "readme.html"),
    "media that is no hash": (lambda: named("media/cat.png"), "UNKNOWN_NAME", "media/cat.png"),
    "twice the same name": (twice, "FILE_TWICE", RECORDS),
    "a link": (lambda: zipped(honest(), as_link), "NO_PLAIN_FILE", RECORDS),
    "a folder by its mode": (lambda: zipped(honest(), as_folder), "NO_PLAIN_FILE", RECORDS),
    "packed by bzip2": (lambda: zipped(honest(), by_bzip2), "NO_PLAIN_FILE", RECORDS),
    "locked": (lambda: patched(RECORDS, 8, b"\x01\x00"), "NO_PLAIN_FILE", RECORDS),
    "a bomb": (bomb, "INFLATES_TOO_FAR", "README.html"),
    "one body for two names": (overlapping, "OVERLAP", "classes/"),
    "a longer body than it says": (longer_than_it_says, "DAMAGED", "README.html"),
    "a flipped bit in a class": (lambda: flipped(RECORDS), "DAMAGED", RECORDS),
    "a flipped bit in the reader's file": (lambda: flipped("README.html"), "DAMAGED", "README.html"),
    "a wrong CRC": (lambda: patched("outbox.json", 16, b"\x00\x00\x00\x00"), "DAMAGED", "outbox.json"),
    "a line that is too long": (long_line, "INFLATES_TOO_FAR", RECORDS),
    "a line without its end": (lambda: zipped(without_sums(**{RECORDS: b"{}"})), "DAMAGED", RECORDS),
    "a line that isn't JSON": (lambda: zipped(without_sums(**{RECORDS: b"{\n"})), "DAMAGED_LINE", RECORDS),
    "other lines than the manifest says": (another_line, "DAMAGED", RECORDS),
    "no manifest": (lambda: lacking("manifest.json"), "LACKS", "manifest.json"),
    "a class less": (lambda: lacking(RECORDS), "LACKS", RECORDS),
    "no hashes": (lambda: made().changed(lambda name, text: None if name == SUMS else (name, text)), "LACKS", SUMS),
    "hashes of fewer files": (lambda: other_sums(b""), "DAMAGED", ""),
    "hashes that are none": (lambda: other_sums(b"\xff\xfe"), "DAMAGED", SUMS),
    "a manifest of something else": (
        lambda: zipped(without_sums(**{"manifest.json": b'{"classes":[]}'})),
        "DAMAGED",
        "manifest.json",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_an_archive_that_isnt_what_it_should_be_is_refused_by_name(case: str) -> None:
    make, rule, name = HOSTILE[case]
    whole = make()
    tracemalloc.start()
    try:
        with pytest.raises(RefusedError) as refused:
            check_archive(io.BytesIO(whole))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.refused.rule is ArchiveRule[rule], refused.value
    assert name in str(refused.value.refused.facts.get("name", ""))
    assert most < 8_000_000  # a bomb isn't unpacked


def test_a_directory_with_very_many_entries_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "MOST_FILES", 3)

    with pytest.raises(RefusedError) as refused:
        check_archive(io.BytesIO(made().whole))

    assert refused.value.refused.rule is ArchiveRule.DIRECTORY_TOO_LONG


def test_an_honest_archive_that_another_program_zipped_again_is_taken() -> None:
    checked = check_archive(io.BytesIO(zipped(honest(), stored)))

    assert [line.key for line in checked.lines("actor")] == ["actor"]
    assert checked.manifest == made().bytes_of("manifest.json")
