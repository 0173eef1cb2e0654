"""Copies of a pod's data folder, to be spoiled while the pod itself goes on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.rig import PORT, ServedPod

FREE_PORT = 9


def copied(pod: ServedPod, folder: Path) -> Path:
    """A copy that says that it lies where it lies, and has a port of its own, on which nothing serves."""
    folder.mkdir(mode=0o700)
    for entry in pod.folder.iterdir():
        if entry.name.startswith("pod.sqlite"):
            continue
        (shutil.copytree if entry.is_dir() else shutil.copy2)(entry, folder / entry.name)
    with (
        closing(sqlite3.connect(pod.folder / "pod.sqlite")) as old,
        closing(sqlite3.connect(folder / "pod.sqlite")) as new,
    ):
        old.backup(new)
    config = (folder / "pod.toml").read_text().replace(str(pod.folder), str(folder))
    (folder / "pod.toml").write_text(config.replace(f"port = {PORT}", f"port = {PORT + FREE_PORT}"))
    return folder
