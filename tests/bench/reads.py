"""How many documents a second other software may fetch: an actor, and a post as Note, by `wrk` on the other core."""

from __future__ import annotations

import json
import time

from federation.signatures.keys import rsa_public_pem
from pod.budgets.processor import CALM_SECONDS
from tests.bench import bare
from tests.bench.place import a_pod, has_wrk, on_core, pss_mib, rate
from tests.support.rig import PORT, call
from tests.support.wire import rsa_pem

ACCEPT = "Accept: application/activity+json"


def measure() -> list[tuple[str, float, str]]:
    """Answers a second, by the clock and by the server's CPU time, beside those of a handler that says one text."""
    if not has_wrk():
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
        time.sleep(CALM_SECONDS)  # in which strangers wait for ada
        for name, path in (("actor", "/u/ada"), ("post", f"/records/{post}")):
            figures += rate(f"{name} as JSON (aim 9000)", pod.url + path, pod.process.pid, ACCEPT, connections=32)
        figures.append(("memory of the pod (aim 150)", pss_mib(pod.process.pid), "MiB"))
        pod.kill()
        folder = pod.folder.parent
        (folder / "key.pem").write_text(rsa_public_pem(rsa_pem()))
        (folder / "answer.json").write_text(actor)
        with on_core(0), bare.serving(pod.host, PORT, folder) as process:
            figures += rate("a bare handler (the limit)", f"{pod.url}/answer", process, ACCEPT, connections=32)
    return figures
