"""Writes a zip from front to back, a piece at a time, and last of all the SHA-256 of every file in it.

However much is written, little is in memory: one piece, and the name of each file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pod.archive.contents import MOST_BYTES, SUMS
from pod.rules.archives import ArchiveRule

OWN_ALONE: Final = 0o600 << 16
ROOM: Final = 1024 * 1024  # for the directory and what the compressor still holds


class ZipOutput:
    """A zip that is being written to `file`; `at` (ms) is the time of all files in it."""

    def __init__(self, file: BinaryIO, *, at: int) -> None:
        self._out = file
        self._zip = ZipFile(file, "w", ZIP_DEFLATED, allowZip64=False)
        moment = datetime.fromtimestamp(at / 1000, UTC)
        self._time = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
        self._sums: list[tuple[str, str]] = []

    @property
    def size(self) -> int:
        """How long the zip is so far."""
        return self._out.tell()

    @contextmanager
    def entry(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """A file of this name; call what this gives with one piece after the other. Raises TooLargeError."""
        digest, inflated = sha256(), 0
        with self._zip.open(self._named(name), "w") as inside:

            def write(piece: bytes) -> None:
                nonlocal inflated
                inflated += len(piece)
                if max(inflated, self.size + len(piece)) > MOST_BYTES - ROOM:
                    raise ArchiveRule.TOO_LARGE.error(most=MOST_BYTES)
                digest.update(piece)
                inside.write(piece)

            yield write
        self._sums.append((digest.hexdigest(), name))

    def put(self, name: str, whole: bytes) -> None:
        """A short file at once."""
        with self.entry(name) as write:
            write(whole)

    def close(self) -> None:
        """End the zip. `sha256sum -c SHA256SUMS` checks what was unpacked."""
        sums = "".join(f"{digest}  {name}\n" for digest, name in self._sums)
        self._zip.writestr(self._named(SUMS), sums.encode())
        self._zip.close()

    def _named(self, name: str) -> ZipInfo:
        entry = ZipInfo(name, self._time)
        entry.compress_type, entry.external_attr = ZIP_DEFLATED, OWN_ALONE
        return entry
