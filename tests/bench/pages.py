"""How many pages a second: a group with 1,000 posts and a post of 200 paragraphs, for visitors and for members.

Visitors all get one text, held between two commits; a member's page is made for each request, here in a lens of the
member's own. A group with a tenth of the posts stands beside it: a page's cost must not grow with the history.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from urllib.parse import quote

from tests.bench.place import a_pod, cpu_seconds, on_core, pss_mib
from tests.support.browsing import session_secret
from tests.support.rig import Person, ServedPod

SECONDS = 5
CONNECTIONS = 16
MANY, FEW = 1000, 100
PARAGRAPHS, PATCHES = 200, 50


def measure() -> list[tuple[str, float, str]]:
    """Pages a second, by the clock and by the server's CPU time."""
    if shutil.which("wrk") is None:
        print("This bench needs wrk. On Debian and Ubuntu: apt-get install wrk")
        return []
    figures = []
    with a_pod("pages") as pod:
        ada = pod.sign_up("ada")
        with on_core(0):
            pod.start()
        assert pod.process is not None
        cookie = "{1}={0}".format(*session_secret(pod, "ada"))
        groups = {count: _group(ada, count) for count in (FEW, MANY)}
        lens = ada.post("/api/v1/groups", {"name": "Lens", "default_score": 1})["group"]
        post = _long_post(ada, groups[MANY])
        target = json.dumps({"post": post}, separators=(",", ":"))
        why = f"/g/{groups[MANY]}/posts/{post}/why?target={quote(target)}"
        for name, path in (
            (f"group of {MANY} posts", f"/g/{groups[MANY]}"),
            (f"group of {FEW} posts", f"/g/{groups[FEW]}"),
            (f"post of {PARAGRAPHS} paragraphs", f"/g/{groups[MANY]}/posts/{post}"),
            ("why page", why),
        ):
            figures += _rate(f"{name}, anonymous (aim 500)", pod, path)
            own = f"{path}{'&' if '?' in path else '?'}lens={lens}"
            figures += _rate(f"{name}, signed in, own lens (aim 100)", pod, own, cookie)
        figures.append(("memory of the pod (aim 300)", pss_mib(pod.process.pid), "MiB"))
    return figures


def _group(person: Person, posts: int) -> str:
    group = str(person.post("/api/v1/groups", {"name": f"Group of {posts}", "weight": 3000})["group"])
    for number in range(posts):
        body = {"kind": "article", "title": f"Post {number}", "paragraphs": [{"style": "text", "text": "A sentence."}]}
        person.post(f"/api/v1/groups/{group}/posts", body)
    return group


def _long_post(person: Person, group: str) -> str:
    paragraphs = [{"style": "text", "text": f"Sentence {number} of the post. " * 5} for number in range(PARAGRAPHS)]
    body = {"kind": "article", "title": "A long post", "paragraphs": paragraphs}
    post = str(person.post(f"/api/v1/groups/{group}/posts", body)["record"])
    for number in range(PATCHES):
        place = {"record": post, "index": number * (PARAGRAPHS // PATCHES)}
        adds = [{"after": place, "style": "text", "text": f"Sentence {number}, better said. " * 5}]
        marks = [{"paragraph": place, "replaced_by": {"index": 0}}]
        person.post(f"/api/v1/groups/{group}/patches", {"post": post, "adds": adds, "marks": marks})
    return post


def _rate(name: str, pod: ServedPod, path: str, cookie: str = "") -> list[tuple[str, float, str]]:
    assert pod.process is not None
    headers = ["-H", "Accept: text/html", *(["-H", f"Cookie: {cookie}"] if cookie else [])]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *headers, pod.url + path]
    used = cpu_seconds(pod.process.pid)
    with on_core(1):
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    used = cpu_seconds(pod.process.pid) - used
    assert "Non-2xx" not in told, told
    count, rate = re.search(r"(\d+) requests in", told), re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert count is not None, told
    assert rate is not None, told
    return [(name, float(rate[1]), "1/s"), (f"{name.split(' (', maxsplit=1)[0]}, by CPU", int(count[1]) / used, "1/s")]
