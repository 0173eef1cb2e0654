"""From a wheel to the first page: three commands in an empty environment, a minute, one process, little memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import dev
from tests.support.folders import ROOT
from tests.support.rig import worker_number

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
MOST_SECONDS = 60.0
MOST_MEMORY_KIB = 300 * 1024
CARRIED = ("pod/web/", "pod/locale/", "static/", "migrations/versions/", "migrations/script.py.mako")
# What a package manager needs in order to reach its registry; nothing else of this shell is handed on.
KEPT = ("PATH", "LANG", "SSL_CERT", "PIP_", "UV_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http", "https", "no_proxy")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture
def clean(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who was never here: an empty home, nothing of this checkout."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in dev.environment().items() if name.startswith(KEPT)}
    return {**kept, "HOME": str(home), "PATH": os.defpath + os.pathsep + str(Path(sys.executable).parent)}


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
    wheel: Path, clean: dict[str, str], tmp_path: Path, serving: list[subprocess.Popen[bytes]]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    pod, port = str(environment / "bin" / "pod"), str(20_000 + 50 * worker_number() + 9)
    uv = [str(dev.BIN / "uv"), "pip", "install", "-q", "--python", str(environment / "bin" / "python")]

    began = time.monotonic()
    subprocess.run([*uv, str(wheel), "-c", str(ROOT / dev.RUN_LOCK)], cwd=elsewhere, env=clean, check=True)
    installed = time.monotonic()
    done = subprocess.run(
        [pod, "init", "localhost", "--port", port], cwd=elsewhere, env=clean, check=True, capture_output=True, text=True
    )
    begun = time.monotonic()
    with (tmp_path / "log").open("wb") as log:
        serving.append(subprocess.Popen([pod, "serve"], cwd=elsewhere, env=clean, stdout=log, stderr=log))
    for path in ("/healthz", "/"):
        until(f"http://localhost:{port}{path}", serving[0], began + MOST_SECONDS)
    ended = time.monotonic()

    (link,) = re.findall(rf"http://localhost:{port}/setup/\S+", done.stdout)
    assert answers(link)
    memory, children = state_of(serving[0].pid)
    told = f"install {installed - began:.1f} s, init {begun - installed:.1f} s, first page {ended - begun:.1f} s"
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
