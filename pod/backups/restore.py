"""Checks a backup as a restore would, and brings one back into an empty folder: all of it, or nothing."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from models.engine.sqlite_copy import Copied, look_into
from pod.backups.archive import CONFIG, DATABASE, KEYS, BackupError, Manifest, Told, unpack
from pod.keyring import KeyringError, open_keyring


def verify_backup(path: Path, told: Told) -> Manifest:
    """Unpack a backup beside itself, check everything in it, and delete the copy; raises BackupError."""
    with _room(path.parent) as room:
        return _checked(path, Path(room), told)


def restore_backup(path: Path, folder: Path, told: Told) -> Manifest:
    """Restore a backup into `folder`, which must be empty or missing; after a BackupError nothing is left there.

    The configuration gets the paths of the new folder. Schema and keys are those of the backup.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} isn't empty; a pod is restored into a folder of its own.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _room(folder.parent) as room:
        unpacked = Path(room) / "pod"
        unpacked.mkdir(mode=0o700)
        manifest = _checked(path, unpacked, told)
        config = unpacked / CONFIG
        config.write_text(_moved(config.read_text(encoding="utf-8")), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        shutil.move(unpacked, folder)
    return manifest


def _room(parent: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=".restore-", dir=parent)
    except OSError as error:
        raise BackupError(f"There is no room to unpack it beside {parent}: {error.strerror}.") from error


def _checked(path: Path, folder: Path, told: Told) -> Manifest:
    if not path.is_file():
        raise BackupError(f"{path} isn't there.")
    manifest = unpack(path, folder, told)
    try:
        held = look_into(folder / DATABASE)
    except ValueError as error:
        raise BackupError(f"{path}: {error}") from error
    for fault in _faults(manifest, held, folder):
        raise BackupError(f"{path}: {fault}")
    return manifest


def _faults(manifest: Manifest, held: Copied, folder: Path) -> list[str]:
    faults = [f"its database is damaged: {fault}." for fault in held.faults]
    if (held.schema, held.counts) != (manifest.schema, manifest.counts):
        faults.append("its database isn't the one that its manifest describes.")
    try:
        keyring = open_keyring(folder / KEYS / "pod.key")
        if keyring.pod_key.did != manifest.pod_key:
            faults.append("its keys aren't those that its manifest describes.")
        if held.seed is not None:
            name, sealed = held.seed
            keyring.unseal(sealed, f"seed/{name}")
    except KeyringError as error:
        faults.append(str(error))
    return faults


def _moved(text: str) -> str:
    """The configuration for another folder: its paths are emptied, so that everything lies beside pod.toml."""
    lines, inside = [], ""
    for line in text.splitlines():
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            inside = header[1]
        key = re.match(r"\s*(storage\s*\.\s*)?(data|database|key_file)\s*=", line)
        if key and (inside == "storage" or key[1]):
            lines.append(f'{key[0].strip()} ""')
        else:
            lines.append(line)
    return "\n".join([*lines, ""])
