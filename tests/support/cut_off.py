"""Programs of the wheel, run by somebody who has nothing of this checkout, no network and no database."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

from tests.support.folders import ROOT

# Ends the process that asks for a network or a database, past whatever it would catch.
CUT_OFF: Final = """
import os, sys

def refuse(event, arguments):
    if event.startswith("socket.") or event == "sqlite3.connect":
        os.write(2, event.encode())
        os._exit(99)

sys.addaudithook(refuse)
"""


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


def hook_in(folder: Path) -> Path:
    """A folder that cuts off each Python that has it in its path."""
    hook = folder / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(CUT_OFF)
    return hook


class CutOff:
    """What the wheel holds, with this Python and the packages that it needs: `folder` has nothing else in it."""

    def __init__(self, folder: Path) -> None:
        (folder / "wheel").mkdir()
        self.folder = folder / "files"
        self.folder.mkdir()
        self._code = folder / "code"
        with zipfile.ZipFile(build_wheel(folder / "wheel")) as archive:
            archive.extractall(self._code)
        self._path = os.pathsep.join(map(str, (hook_in(folder), self._code)))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments."""
        environment = {"PATH": os.defpath, "PYTHONPATH": self._path}
        command = [sys.executable, "-B", *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, check=False, capture_output=True, text=True)

    def is_apart(self) -> bool:
        """Whether a network is refused, and our packages are those of the wheel."""
        cut = self.run("-c", "import socket; socket.socket()").returncode == 99
        found = self.run("-c", "import pod, decisions; print(pod.__file__, decisions.__file__)").stdout.split()
        return cut and len(found) == 2 and all(one.startswith(str(self._code)) for one in found)
