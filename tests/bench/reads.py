"""How many documents a second other software may fetch: an actor, and a post as Note, by `wrk` on the other core."""

from __future__ import annotations

import re
import shutil
import subprocess

from tests.bench.place import a_pod, cpu_seconds, on_core, pss_mib
from tests.support.rig import ServedPod

SECONDS = 5
CONNECTIONS = 32
AS2 = "application/activity+json"


def measure() -> list[tuple[str, float, str]]:
    """Answers a second for each document, by the clock and by the pod's CPU time."""
    if shutil.which("wrk") is None:
        print("This bench needs wrk. On Debian and Ubuntu: apt-get install wrk")
        return []
    with a_pod("reads") as pod:
        ada = pod.sign_up("ada")
        with on_core(0):
            pod.start()
        assert pod.process is not None
        group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
        paragraphs = [{"style": "text", "text": f"Sentence {number} of the post."} for number in range(5)]
        post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
        figures = []
        for name, path in (("actor", "/u/ada"), ("post", f"/records/{post}")):
            by_clock, by_cpu = _rate(pod, path)
            figures.append((f"{name} as JSON (aim 8000)", by_clock, "1/s"))
            figures.append((f"{name} as JSON, by CPU time", by_cpu, "1/s"))
        figures.append(("memory of the pod (aim 150)", pss_mib(pod.process.pid), "MiB"))
    return figures


def _rate(pod: ServedPod, path: str) -> tuple[float, float]:
    assert pod.process is not None
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", f"Accept: {AS2}", f"{pod.url}{path}"]
    used = cpu_seconds(pod.process.pid)
    with on_core(1):
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    used = cpu_seconds(pod.process.pid) - used
    assert "Non-2xx" not in told, told
    count = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert count is not None, told
    assert rate is not None, told
    return float(rate[1]), int(count[1]) / used
