"""From a wheel to the first page: three commands in an empty environment, a minute, one process, little memory.

A result's file is counted anew in the same environment by somebody who has nothing else, and no network.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

import dev
from tests.decisions.bundle.decided import Decided, Drawn
from tests.support.cut_off import build_wheel, hook_in
from tests.support.folders import ROOT
from tests.support.rig import worker_number

pytestmark = [pytest.mark.slow, pytest.mark.started, pytest.mark.timeout(400)]
MOST_SECONDS = 60.0
MOST_MEMORY_KIB = 300 * 1024
CARRIED = ("pod/web/", "pod/locale/", "static/", "migrations/versions/", "migrations/script.py.mako")
# What a package manager needs in order to reach its registry; nothing else of this shell is handed on.
KEPT = ("PATH", "LANG", "SSL_CERT", "PIP_", "UV_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http", "https", "no_proxy")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def clean(home: Path) -> dict[str, str]:
    """The environment of somebody who was never here: an empty home, nothing of this checkout."""
    home.mkdir()
    kept = {name: value for name, value in dev.environment().items() if name.startswith(KEPT)}
    return {**kept, "HOME": str(home), "PATH": os.defpath + os.pathsep + str(Path(sys.executable).parent)}


class Installed(NamedTuple):
    """What the first command made: where the programs are, and how long (s) it took."""

    programs: Path
    seconds: float


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    programs, elsewhere = folder / "env" / "bin", folder / "elsewhere"
    elsewhere.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(programs.parent)], check=True)
    uv = [str(dev.BIN / "uv"), "pip", "install", "-q", "--python", str(programs / "python")]

    began = time.monotonic()
    wanted = [str(wheel), "-c", str(ROOT / dev.RUN_LOCK)]
    subprocess.run([*uv, *wanted], cwd=elsewhere, env=clean(folder / "home"), check=True)
    assert list(elsewhere.iterdir()) == []
    return Installed(programs, time.monotonic() - began)


@pytest.fixture
def serving() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.terminate()
        process.wait(30)


def committed(folder: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(listed.stdout.split())


def test_op_01_the_wheel_carries_all_that_is_not_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    for folder in CARRIED:
        wanted = committed(folder)
        assert wanted, folder
        assert wanted <= carried


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200 and answer.read())
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def until(url: str, process: subprocess.Popen[bytes], deadline: float) -> None:
    while not answers(url):
        assert process.poll() is None, "The pod ended."
        assert time.monotonic() < deadline, f"{url} didn't answer in time."
        time.sleep(0.05)


def test_op_01_three_commands_from_a_wheel_to_the_first_page(
    installed: Installed, tmp_path: Path, serving: list[subprocess.Popen[bytes]]
) -> None:
    elsewhere, environment = tmp_path / "elsewhere", clean(tmp_path / "home")
    elsewhere.mkdir()
    pod, port = str(installed.programs / "pod"), str(20_000 + 50 * worker_number() + 9)

    begun = time.monotonic()
    began = begun - installed.seconds
    init = [pod, "init", "localhost", "--port", port]
    done = subprocess.run(init, cwd=elsewhere, env=environment, check=True, capture_output=True, text=True)
    made = time.monotonic()
    with (tmp_path / "log").open("wb") as log:
        serving.append(subprocess.Popen([pod, "serve"], cwd=elsewhere, env=environment, stdout=log, stderr=log))
    for path in ("/healthz", "/"):
        until(f"http://localhost:{port}{path}", serving[0], began + MOST_SECONDS)
    ended = time.monotonic()

    (link,) = re.findall(rf"http://localhost:{port}/setup/\S+", done.stdout)
    assert answers(link)
    memory, children = state_of(serving[0].pid)
    told = f"install {installed.seconds:.1f} s, init {made - begun:.1f} s, first page {ended - made:.1f} s"
    print(f"{told}, in all {ended - began:.1f} s, {memory / 1024:.0f} MB")
    assert ended - began < MOST_SECONDS
    assert memory < MOST_MEMORY_KIB
    assert children == []
    until(f"http://localhost:{port}/readyz", serving[0], began + MOST_SECONDS)
    assert [entry.name for entry in elsewhere.iterdir()] == ["data"]


def state_of(process: int) -> tuple[int, list[str]]:
    """Resident memory in KiB, and the processes that it started."""
    status = Path(f"/proc/{process}/status").read_text()
    (memory,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    tasks = Path(f"/proc/{process}/task").iterdir()
    return memory, [child for task in tasks for child in (task / "children").read_text().split()]


def change_ballot(file: Any) -> None:
    next(one for one in file["records"] if one["type"] == "Ballot")["choice"] = "no"


def drop_record(file: Any) -> None:
    file["records"].remove(next(one for one in file["records"] if one["type"] == "Delegation"))


def change_sum(file: Any) -> None:
    file["stated"]["rounds"][0]["result"]["options"][0]["support"]["direct"] += 1


TAMPERING: dict[str, Callable[[Any], None]] = {
    "forged_record": change_ballot,
    "record_missing": drop_record,
    "wrong_result": change_sum,
}


def test_dc_17_a_result_is_counted_anew_from_the_wheel_alone_without_network(
    installed: Installed, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    honest = msgspec.json.encode(Decided().bundle())
    (files / "honest").write_bytes(honest)
    (files / "drawn").write_bytes(msgspec.json.encode(Drawn().bundle()))
    for rule, change in TAMPERING.items():
        file = json.loads(honest)
        change(file)
        (files / rule).write_text(json.dumps(file))
    environment = {**clean(tmp_path / "home"), "PYTHONPATH": str(hook_in(tmp_path))}

    def said(*command: str, code: int) -> str:
        program = str(installed.programs / command[0])
        done = subprocess.run(
            [program, *command[1:]], cwd=files, env=environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    said("python", "-c", "import socket; socket.socket()", code=99)
    said("python", "-c", "import sqlite3; sqlite3.connect(':memory:')", code=99)
    assert "The result is right." in said("pod", "verify-result", "drawn", code=0)
    counted = json.loads(said("pod", "verify-result", "honest", "--json", code=0))["rounds"][0]
    assert [(one["id"], one["support"]) for one in counted["options"]] == [
        ("yes", {"direct": 2, "delegated": 0}),
        ("no", {"direct": 1, "delegated": 1}),
    ]
    for rule in TAMPERING:
        told = said("pod", "verify-result", rule, code=1).splitlines()
        assert [line.partition(":")[0] for line in told[:-1]] == [rule]
    assert list((tmp_path / "home").iterdir()) == []
    assert {entry.name for entry in files.iterdir()} == {"honest", "drawn", *TAMPERING}
