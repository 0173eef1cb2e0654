"""How many pages a second: a group with 1,000 posts and a post of 200 paragraphs, for visitors and for members.

Visitors all get one text, held between two commits; a member's page is made for each request, here in a lens of the
member's own. A group with a tenth of the posts stands beside it: a page's cost must not grow with the history.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from tests.bench.place import a_pod, has_wrk, on_core, pss_mib, rate
from tests.support.browsing import session_secret
from tests.support.rig import Person

ACCEPT = "Accept: text/html"
MANY, FEW = 1000, 100
PARAGRAPHS, PATCHES = 200, 50


def measure() -> list[tuple[str, float, str]]:
    """Pages a second, by the clock and by the server's CPU time."""
    if not has_wrk():
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
            page, process = pod.url + path, pod.process.pid
            figures += rate(f"{name}, anonymous (aim 500)", page, process, ACCEPT)
            own = f"{page}{'&' if '?' in path else '?'}lens={lens}"
            figures += rate(f"{name}, signed in, own lens (aim 100)", own, process, ACCEPT, f"Cookie: {cookie}")
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
