"""Makes a backup while the pod serves: the database as it is at one moment, keys, configuration and media."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from yarl import URL

from models.engine.sqlite_copy import copy_sqlite, look_into
from pod.backups.archive import (
    CONFIG,
    DATABASE,
    FORMAT,
    KEYS,
    MEDIA,
    BackupError,
    Filed,
    Manifest,
    Told,
    add_file,
    add_manifest,
)
from pod.config import Config
from pod.keyring import KeyringError, open_keyring, renewals_file

FOLDER = "backups"


def default_target(config: Config, *, now: int) -> Path:
    """`backups/pod.example-20261126T120000Z.tar` in the data folder."""
    at = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    return config.data / FOLDER / f"{URL(config.base_url).host}-{at}.tar"


def sqlite_file(config: Config) -> Path:
    """The database's file; raises BackupError for PostgreSQL, which is backed up with its own tool."""
    scheme, _, path = config.database_url.partition(":///")
    if not scheme.startswith("sqlite"):
        raise BackupError(
            "This pod's database is PostgreSQL: back it up with `pg_dump --format=custom`, "
            f"and keep {config.key_file.parent} and pod.toml with it."
        )
    return Path(path)


def make_backup(
    config: Config, config_file: Path, target: Path, told: Told, *, now: int, media: bool = True
) -> Manifest:
    """Write a backup of the whole pod to `target`, which must not exist; after an error no file is left there."""
    database = sqlite_file(config)
    if target.exists():
        raise BackupError(f"{target} is there already; nothing was changed.")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as room:
            copy = Path(room) / DATABASE
            copy_sqlite(database, copy, partial(told, "database"))
            sources = [(DATABASE, copy), (CONFIG, config_file), *_keys(config), *(_media(config) if media else ())]
            manifest = _write(config, sources, unfinished, told, now)
        unfinished.replace(target)
    except OSError as error:
        raise BackupError(f"{target} can't be written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    _sync(target.parent)
    return manifest


def _write(config: Config, sources: list[tuple[str, Path]], target: Path, told: Told, now: int) -> Manifest:
    try:
        held = look_into(sources[0][1])
        key = open_keyring(config.key_file).pod_key.did
    except (ValueError, KeyringError) as error:
        raise BackupError(f"No backup was made. {error}") from error
    if held.faults:
        raise BackupError(f"No backup was made, for the database is damaged: {held.faults[0]}.")
    files: dict[str, Filed] = {}
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for number, (name, path) in enumerate(sources, 1):
            files[name] = add_file(tar, name, path, now=now)
            told("files", number, len(sources))
        manifest = Manifest(FORMAT, now, config.base_url, key, held.schema, held.counts, files)
        add_manifest(tar, manifest)
        tar.close()
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _keys(config: Config) -> Iterator[tuple[str, Path]]:
    for path, name in ((config.key_file, "pod.key"), (renewals_file(config.key_file), "renewed.keys")):
        if path.exists():
            yield f"{KEYS}/{name}", path


def _media(config: Config) -> Iterator[tuple[str, Path]]:
    folder = config.data / MEDIA
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"{MEDIA}/{path.relative_to(folder).as_posix()}", path


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
