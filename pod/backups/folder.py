"""The backups in a folder, each by its manifest, the latest first."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pod.backups.archive import BackupError, Manifest, read_manifest


class Listed(msgspec.Struct, frozen=True):
    """A backup in a folder; if it can't be read, `manifest` is None and `fault` says why."""

    file: str
    bytes: int
    manifest: Manifest | None
    fault: str = ""


def list_backups(folder: Path) -> list[Listed]:
    """Every backup in the folder, those that can't be read last."""
    found = [_listed(path) for path in sorted(folder.glob("*.tar"))]
    return sorted(found, key=lambda one: -one.manifest.made_at if one.manifest else 0)


def _listed(path: Path) -> Listed:
    size = path.stat().st_size
    try:
        return Listed(str(path), size, read_manifest(path))
    except BackupError as error:
        return Listed(str(path), size, None, str(error))
