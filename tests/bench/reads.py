"""How many documents a second other software may fetch: an actor, and a post as Note, by `wrk` on the other core."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

from federation.signatures.keys import rsa_public_pem
from tests.bench import bare
from tests.bench.place import a_pod, cpu_seconds, on_core, pss_mib
from tests.support.rig import PORT, call
from tests.support.wire import rsa_pem

SECONDS = 5
CONNECTIONS = 32
AS2 = "application/activity+json"


def measure() -> list[tuple[str, float, str]]:
    """Answers a second, by the clock and by the server's CPU time, beside those of a handler that says one text."""
    if shutil.which("wrk") is None:
        print("This bench needs wrk. On Debian and Ubuntu: apt-get install wrk")
        return []
    figures = []
    with a_pod("reads") as pod:
        ada = pod.sign_up("ada")
        with on_core(0):
            pod.start()
        assert pod.process is not None
        group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
        paragraphs = [{"style": "text", "text": f"Sentence {number} of the post."} for number in range(5)]
        post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
        actor = json.dumps(call("GET", f"{pod.url}/u/ada"))
        for name, path in (("actor", "/u/ada"), ("post", f"/records/{post}")):
            figures += _rate(f"{name} as JSON (aim 8000)", f"{pod.url}{path}", pod.process.pid)
        figures.append(("memory of the pod (aim 150)", pss_mib(pod.process.pid), "MiB"))
        pod.kill()
        folder = pod.folder.parent
        (folder / "key.pem").write_text(rsa_public_pem(rsa_pem()))
        (folder / "answer.json").write_text(actor)
        with on_core(0), bare.serving(pod.host, PORT, folder) as process:
            figures += _rate("a bare handler with the actor's text (the limit)", f"{pod.url}/answer", process)
    return figures


def _rate(name: str, url: str, process: int) -> list[tuple[str, float, str]]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", f"Accept: {AS2}", url]
    used = cpu_seconds(process)
    with on_core(1):
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    used = cpu_seconds(process) - used
    assert "Non-2xx" not in told, told
    count = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert count is not None, told
    assert rate is not None, told
    return [
        (name, float(rate[1]), "1/s"),
        (f"{name.split(' (', maxsplit=1)[0]}, by CPU time", int(count[1]) / used, "1/s"),
    ]
