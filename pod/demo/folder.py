"""The demo's folder: nothing is played in somebody else's, and only what the demo made is wiped."""

from __future__ import annotations

import shutil
import socket
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from pod.demo.stage import HOST, NamedPort

PREFIX: Final = "althing-demo-"
MARKER: Final = "made-by-pod-demo.json"
TOLD: Final = "told.json"
CLOCK: Final = "clock"


class NotOursError(Exception):
    """A folder that the demo didn't make and won't touch; the sentence says why."""


def claim(folder: Path, named_ports: list[NamedPort]) -> None:
    """Mark a folder as the demo's; it must be new, empty, or a demo's folder before."""
    if not is_ours(folder) and folder.exists() and any(folder.iterdir()):
        raise NotOursError(f"{folder} isn't empty, and no demo was played there.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_bytes(msgspec.json.encode(named_ports))


def is_ours(folder: Path) -> bool:
    """Whether the demo made this folder."""
    return (folder / MARKER).is_file()


def leftovers() -> list[Path]:
    """Folders that killed demos left on this machine."""
    return sorted(folder for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if is_ours(folder))


def wipe(folder: Path) -> None:
    """Remove what the demo made there, and the folder if it is empty then; raises NotOursError."""
    if not is_ours(folder):
        raise NotOursError(f"No demo was played in {folder}; nothing was removed.")
    named_ports = msgspec.json.decode((folder / MARKER).read_bytes(), type=list[NamedPort])
    if serving := [named for named in named_ports if _answers(named.port)]:
        raise NotOursError(f"The demo in {folder} is being served on port {serving[0].port}: end it first.")
    for named in named_ports:
        shutil.rmtree(folder / named.name, ignore_errors=True)
    for name in (TOLD, CLOCK, MARKER):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
