"""The form of a backup: a tar of plain files under known names, and behind them a manifest with the hash of each."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

import msgspec

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "pod.sqlite"
CONFIG: Final = "pod.toml"
KEYS: Final = "keys"
MEDIA: Final = "media"
LONGEST_MANIFEST: Final = 64 * 1024 * 1024
CHUNK: Final = 1024 * 1024

# The step in progress, how much of it is done, and how much there is.
Told = Callable[[str, int, int], None]


class BackupError(Exception):
    """A backup can't be made, isn't whole or can't be restored; the sentence says why and what to do."""


class Filed(msgspec.Struct, frozen=True):
    """One file of a backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds: the pod's URL, time (ms), version, counts, and the hash of each file."""

    format: int
    made_at: int
    base_url: str
    pod_key: str
    schema: str
    counts: dict[str, int]
    files: dict[str, Filed]


class Hashing:
    """A readable file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sum = hashlib.sha256()
        self.length = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        got = self._file.read(size)
        self._sum.update(got)
        self.length += len(got)
        return got

    @property
    def filed(self) -> Filed:
        """Size and hash of the bytes that were read so far."""
        return Filed(self.length, self._sum.hexdigest())


def add_file(tar: tarfile.TarFile, name: str, path: Path, *, now: int) -> Filed:
    """Put a file into the tar under this name, readable by its owner only."""
    with path.open("rb") as file:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = path.stat().st_size, 0o600, now // 1000
        hashing = Hashing(file)
        tar.addfile(entry, cast("IO[bytes]", hashing))
    return hashing.filed


def add_manifest(tar: tarfile.TarFile, manifest: Manifest) -> None:
    """Add the manifest at the end of the tar."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    entry = tarfile.TarInfo(MANIFEST)
    entry.size, entry.mode, entry.mtime = len(text), 0o600, manifest.made_at // 1000
    tar.addfile(entry, io.BytesIO(text))


def read_manifest(path: Path) -> Manifest:
    """A backup's manifest; its files aren't checked. Raises BackupError."""
    with _opened(path) as tar:
        for entry in _entries(tar, path):
            if entry.name == MANIFEST:
                return _manifest(tar, entry, path)
    raise BackupError(f"{path} has no manifest: it wasn't written to its end, or isn't a pod's backup.")


def unpack(path: Path, folder: Path, told: Told) -> Manifest:
    """Write a backup's files below `folder` and compare each with the manifest; raises BackupError."""
    found: dict[str, Filed] = {}
    manifest: Manifest | None = None
    whole = path.stat().st_size
    with _opened(path) as tar:
        for entry in _entries(tar, path):
            if entry.name == MANIFEST:
                manifest = _manifest(tar, entry, path)
                continue
            found[entry.name] = _write(tar, entry, folder)
            told(entry.name, entry.offset_data + entry.size, whole)
    if manifest is None:
        raise BackupError(f"{path} has no manifest: it wasn't written to its end, or isn't a pod's backup.")
    for name in sorted(found.keys() | manifest.files.keys()):
        if found.get(name) != manifest.files.get(name):
            raise BackupError(f"{path} is damaged: {name} isn't the file that was put into it.")
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    """The tar, opened for reading; every error becomes a BackupError."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{path} can't be read to its end: {error}") from error


def _entries(tar: tarfile.TarFile, path: Path) -> Iterator[tarfile.TarInfo]:
    """The entries of the tar; raises for one that a backup doesn't have, e.g. a path that leads elsewhere."""
    for entry in tar:
        parts = PurePosixPath(entry.name).parts
        known = entry.name in (MANIFEST, DATABASE, CONFIG) or (len(parts) > 1 and parts[0] in (KEYS, MEDIA))
        if not entry.isreg() or not known or ".." in parts:
            raise BackupError(f"{path} holds {entry.name!r}, which no backup of a pod has.")
        yield entry


def _manifest(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> Manifest:
    file = tar.extractfile(entry)
    assert file is not None
    try:
        manifest = msgspec.json.decode(file.read(LONGEST_MANIFEST), type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"{path} is damaged: its manifest can't be read ({error}).") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{path} is a backup of form {manifest.format}; this version reads form {FORMAT}.")
    return manifest


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> Filed:
    file = tar.extractfile(entry)
    assert file is not None
    hashing = Hashing(file)
    target = folder / entry.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with target.open("xb") as written:
        target.chmod(0o600)
        while chunk := hashing.read(CHUNK):
            written.write(chunk)
    return hashing.filed
