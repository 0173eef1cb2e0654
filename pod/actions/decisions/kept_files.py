"""Files of results, each made once and kept beside the database until words in it are erased or withheld.

A file's name says what it follows from: the poll, the item that ended it, which entries were erased, and what the
floor hides. So a file that tells too much is never found again, and the next request makes another.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final

from protocol.ids import RecordId

FOLDER: Final = "results"
MOST_BYTES: Final = 2 * 1024**3  # for the files of all polls; those that nobody asked for longest go first


class KeptFiles:
    """The files of results in a pod's data folder, which all its processes share."""

    def __init__(self, data: Path, *, most: int = MOST_BYTES) -> None:
        self._folder = data / FOLDER
        self._most = most

    def find(self, group: RecordId, poll: RecordId, mark: str, *, now: int) -> Path | None:
        """The kept file, if there is one; it counts as asked for at `now` (ms)."""
        path = self._path(group, poll, mark)
        with suppress(FileNotFoundError):
            os.utime(path, ns=(now * 1_000_000, path.stat().st_mtime_ns))
            return path
        return None

    @contextmanager
    def made(self, group: RecordId, poll: RecordId, mark: str) -> Iterator[BinaryIO]:
        """A file to write, kept if the block ends well; earlier files of the poll go then."""
        path = self._path(group, poll, mark)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as part:
            made = Path(part.name)
        try:
            with made.open("wb") as file:
                yield file
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
        _unlink(other for other in path.parent.glob(f"{poll}.*") if other != path)
        self._shrink(path)

    def forget(self, group: RecordId) -> None:
        """Delete the files of a group's polls, because words of it were erased."""
        rmtree(self._folder / group, ignore_errors=True)

    def _path(self, group: RecordId, poll: RecordId, mark: str) -> Path:
        return self._folder / group / f"{poll}.{mark}.json"

    def _shrink(self, newest: Path) -> None:
        """Delete what nobody asked for longest, until the rest has room; the newest stays."""
        found = []
        for path in self._folder.glob("*/*"):
            with suppress(FileNotFoundError):
                found.append((path.stat(), path))
        left = sum(stat.st_size for stat, _ in found)
        for stat, path in sorted(found, key=lambda one: one[0].st_atime_ns):
            if left <= self._most:
                return
            if path != newest:
                _unlink([path])
                left -= stat.st_size


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
