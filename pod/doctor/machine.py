"""What a pod stands on: Python, packages, folders, keys' files, the clock, the disk."""

from __future__ import annotations

import importlib.util
import os
import resource
import shutil
import stat
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from models.engine.databases import sqlite_version_info
from pod.clock import Clock
from pod.config import Config
from pod.doctor.findings import Finding, fail, ok, warn

OLDEST = (3, 11)
OURS = ("decisions", "federation", "migrations", "models", "moderation", "pod", "protocol", "static")
DISTRIBUTION = "althing"
WRITTEN_AT_MS = 1_790_000_000_000  # September 2026, when this version was written; an earlier clock is wrong
MANY_YEARS_MS = 20 * 366 * 24 * 3600 * 1000
OLDEST_SQLITE = (3, 35)  # the first with RETURNING
FEW_FILES = 1024
LITTLE_BYTES = 1024**3
NOTHING_BYTES = 100 * 1024**2


def check_python() -> Finding:
    """Whether this Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return fail("python", f"Python {version}", "Install Python 3.11 or newer.")
    return ok("python", f"Python {version}")


def check_packages() -> Finding:
    """Whether our top-level packages are our own; another distribution may also bring a `models`."""
    listed = packages_distributions()
    others = {name: other for name in OURS for other in listed.get(name, ()) if other.lower() != DISTRIBUTION}
    home = Path(__file__).resolve().parents[2]
    strange = [name for name in OURS if not _lies_in(name, home)]
    if strange or others:
        whose = ", ".join(f"{name} of {others.get(name, 'elsewhere')}" for name in sorted({*strange, *others}))
        mend = "Give the pod an environment of its own, without the other distribution."
        return (fail if strange else warn)("packages", f"Another package has our name: {whose}", mend)
    return ok("packages", "Every package is this pod's own")


def _lies_in(name: str, home: Path) -> bool:
    spec = importlib.util.find_spec(name)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return any(Path(folder).resolve().parent == home for folder in folders)


def check_folder(config: Config) -> Finding:
    """Whether the data folder exists, can be written, and is closed to other users."""
    folder = config.data
    if not folder.is_dir():
        return fail("data folder", f"{folder} isn't there", "Run `pod init` with this folder.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return fail("data folder", f"{folder} can't be written", "Give the folder to the user who runs the pod.")
    if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return warn("data folder", f"Others may write into {folder}", f"Run `chmod go-w {folder}`.")
    return ok("data folder", str(folder))


def check_key_file(config: Config) -> Finding:
    """Whether only its owner can read the key file."""
    path = config.key_file
    if not path.exists():
        return fail("key file", f"{path} isn't there", "Bring it back from its copy; a new pod gets one by `pod init`.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return fail("key file", f"{path} has mode {mode:04o}", f"Run `chmod 600 {path}`.")
    if path.parent.stat().st_mode & stat.S_IRWXO:
        return warn("key file", f"Others may look into {path.parent}", f"Run `chmod o-rwx {path.parent}`.")
    return ok("key file", f"{path}, mode {mode:04o}")


def check_sqlite() -> Finding:
    """Whether Python's SQLite is new enough for the queries."""
    version = ".".join(map(str, OLDEST_SQLITE))
    if sqlite_version_info() < OLDEST_SQLITE:
        return fail(
            "sqlite", f"SQLite is older than {version}", "Install a Python with a newer SQLite, or use PostgreSQL."
        )
    return ok("sqlite", f"SQLite {'.'.join(map(str, sqlite_version_info()))}")


def check_open_files() -> Finding:
    """How many connections the process may hold at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < FEW_FILES:
        mend = f"Raise it to {FEW_FILES} or more: LimitNOFILE={FEW_FILES} in the systemd unit."
        return warn("open files", f"The process may open {soft} files only", mend)
    return ok("open files", "No limit" if soft < 0 else f"The process may open {soft}")


def check_media(config: Config) -> Finding:
    """The media folder, if there is one yet."""
    folder = config.data / "media"
    if not folder.exists():
        return ok("media folder", "There is none yet")
    # Root may write anywhere, so the folder's own mode is checked, too.
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK) or not folder.stat().st_mode & stat.S_IWUSR:
        mend = f"Run `chmod u+rwx {folder}`, and see that it belongs to the user who runs the pod."
        return fail("media folder", f"{folder} is read-only", mend)
    return ok("media folder", str(folder))


def check_clock(config: Config) -> Finding:
    """Whether the clock can be right; a wrong one makes signatures stale and keeps seals unconfirmed."""
    clock = Clock(config.clock_file)
    if clock.offset_ms():
        return warn("clock", f"Shifted by {clock.offset_ms()} ms", "Remove `testing.clock_file` from pod.toml.")
    if not WRITTEN_AT_MS < clock() < WRITTEN_AT_MS + MANY_YEARS_MS:
        return fail("clock", "The clock is years off", "Set the clock, and keep it right by NTP.")
    return ok("clock", "The clock is plausible")


def free_bytes(config: Config) -> int:
    """How many bytes are free on the data folder's disk."""
    return shutil.disk_usage(config.data).free


def check_disk(config: Config) -> Finding:
    """Whether the disk has enough free space."""
    if not config.data.is_dir():
        return fail("disk", "There is no data folder to look at", "Run `pod init` with this folder.")
    free = free_bytes(config)
    says = f"{free / 1024**3:.1f} GiB are free"
    if free < LITTLE_BYTES:
        return (fail if free < NOTHING_BYTES else warn)("disk", says, "Make room: a full disk stops every write.")
    return ok("disk", says)
