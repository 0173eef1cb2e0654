"""How long the file of an account takes that wrote 10,000 posts, and whether its memory grows with them.

The file of an account with a tenth of the posts stands beside it, and so does packing: the zip's own work on the same
bytes, which nobody can save.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

from tests.bench.place import a_pod
from tests.support.folders import ROOT
from tests.support.rig import Person, ServedPod

MANY, FEW = 10_000, 1_000
AN_HOUR_MS = 3_600_000
EACH_HOUR = 500  # what one author may write is bounded by time
WORDS = "The well gave a bucket a day since August, and nobody knows why it is less now. " * 3


def measure() -> list[tuple[str, float, str]]:
    """Seconds and MiB of writing and of checking a file, of few posts and of many."""
    figures = []
    with a_pod("archives", clock=True) as pod:
        ada = pod.sign_up("ada")
        pod.start()
        group = str(ada.post("/api/v1/groups", {"name": "Well", "weight": 1000})["group"])
        written = 0
        for count in (FEW, MANY):
            _write(pod, ada, group, written, count)
            written = count
            file = pod.folder.with_name(f"{count}.zip")
            seconds, mib = _command("user", "export", "ada", "--data", str(pod.folder), "--out", str(file))
            figures += [
                (f"file of {count} posts written (aim 60 for 10,000)", seconds, "s"),
                ("  packing its bytes alone (the limit)", _packing(file), "s"),
                ("  memory of the command (aim 150)", mib, "MiB"),
            ]
            seconds, mib = _command("verify-archive", str(file))
            figures += [("  checked", seconds, "s"), ("  memory of the command (aim 150)", mib, "MiB")]
    return figures


def _write(pod: ServedPod, person: Person, group: str, first: int, last: int) -> None:
    for number in range(first, last):
        if number % EACH_HOUR == 0:
            pod.set_clock(number // EACH_HOUR * AN_HOUR_MS)
        paragraphs = [{"style": "text", "text": f"{number}. {WORDS}"}]
        person.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})


def _command(*words: str) -> tuple[float, float]:
    """Seconds and the most memory (MiB) of one command of the pod."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pod", *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"pod {' '.join(words)} failed")
    return time.perf_counter() - started, used.ru_maxrss / 1024


def _packing(file: Path) -> float:
    with zipfile.ZipFile(file) as packed:
        whole = [packed.read(name) for name in packed.namelist()]
    started = time.perf_counter()
    for one in whole:
        zlib.compress(one, 6)
    return time.perf_counter() - started
