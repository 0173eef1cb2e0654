"""How many bytes a pod's folder takes, by class; together they are what the folder holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pod.config import Config

CLASSES = ("database", "media", "backups", "keys", "results", "other")


def storage_bytes(config: Config) -> dict[str, int]:
    """Bytes of the data folder's files by class; a database elsewhere isn't counted."""
    found = dict.fromkeys(CLASSES, 0)
    for path in _files(config.data):
        found[_class_of(path.relative_to(config.data))] += path.stat().st_size
    return found


def _class_of(path: Path) -> str:
    if path.name.startswith("pod.sqlite") and len(path.parts) == 1:
        return "database"
    return path.parts[0] if len(path.parts) > 1 and path.parts[0] in CLASSES else "other"


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path
