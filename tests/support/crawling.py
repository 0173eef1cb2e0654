"""Walks every address of a pod that can be read, as one reader: those it begins with, and all that they link to."""

from __future__ import annotations

import html
import http.client
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from aiohttp import web

from pod.app import make_routes
from tests.support.browsing import session_secret
from tests.support.rig import ServedPod

MOST_ADDRESSES: Final = 3000
ENOUGH: Final = 2
KINDS: Final = ("text/html", "application/activity+json")
# What changes something when it is read, or leads out of the crawl.
LEFT_OUT: Final = ("/static/", "/setup/", "/sign-up/open/", "/sign-up/answer/", "/sign-in/link/")
_ID: Final = re.compile(r"[\w-]{40,}|\d+")
LINK = re.compile(r'(?:href|src)="([^"]+)"')


class Answer(NamedTuple):
    """What came from an address."""

    path: str
    status: int
    text: str
    media_type: str = ""


def readable_routes() -> list[str]:
    """The patterns of all routes that answer GET."""
    return _routes("pod.")


def document_routes() -> list[str]:
    """Those that are no pages."""
    return _routes("pod.api.", "pod.activitypub.")


def _routes(*modules: str) -> list[str]:
    app = web.Application()
    make_routes(app)
    patterns = {
        str(route.resource.canonical)
        for route in app.router.routes()
        if route.method == "GET" and route.resource and route.handler.__module__.startswith(modules)
    }
    return sorted(pattern for pattern in patterns if not pattern.startswith(LEFT_OUT))


class Crawl:
    """The addresses that one reader asks for, beginning with `seeds`, and what came."""

    def __init__(self, pod: ServedPod, seeds: Iterable[str], name: str = "", token: str = "") -> None:
        self.pod = pod
        self.cookie = "=".join(reversed(session_secret(pod, name))) if name else ""
        self.token = token
        self.seeds = list(seeds)
        self._connection = http.client.HTTPConnection(pod.host, 8080, timeout=60)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def answers(self, near: str = "/", *, links: bool = True) -> Iterator[Answer]:
        """Each address as a page, those `near` first, then what they link to; as a document where that may differ.

        Whether it may is asked of each shape of address until two of them, or one that was found, answered with a page
        both times. The API is asked with the token alone. Without `links` only the seeds are asked for.
        """
        waiting, known = deque(sorted(self.seeds, key=lambda path: not path.startswith(near))), set[str]()
        alike: Counter[str] = Counter()
        while waiting and len(known) < MOST_ADDRESSES:
            path = waiting.popleft()
            if path in known or path.startswith(LEFT_OUT):
                continue
            known.add(path)
            shape = _ID.sub("{id}", path.partition("?")[0])
            came = set()
            for kind in KINDS[1:] if path.startswith("/api/") else KINDS if alike[shape] < ENOUGH else KINDS[:1]:
                answer = self.get(path, kind)
                came.add((answer.media_type, answer.status))
                yield answer
                waiting.extend(link for link in self._links(answer) if links and link not in known)
            alike[shape] += {kind for kind, _ in came} == {KINDS[0]} and (ENOUGH if (KINDS[0], 200) in came else 1)
        assert not waiting, f"{len(waiting)} addresses were left"

    def get(self, path: str, kind: str = KINDS[0]) -> Answer:
        """Ask as this reader: with the session's cookie, and the token for documents."""
        headers = {"Accept": kind, "Accept-Language": "en"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if kind != KINDS[0] and self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        told = html.unescape(f"{text}\n{unquote(str(answer.headers))}")
        return Answer(path, answer.status, told, answer.headers.get_content_type())

    def meet(self, path: str) -> Answer:
        """Ask for a page, or for a document of the API."""
        return self.get(path, KINDS[1] if path.startswith("/api/") else KINDS[0])

    def _links(self, answer: Answer) -> Iterator[str]:
        own = self.pod.url
        for link in LINK.findall(answer.text):
            split = urlsplit(urljoin(own + answer.path, html.unescape(link)))
            if f"{split.scheme}://{split.netloc}" == own and _is_new_ground(split.path, split.query):
                yield split.path + (f"?{split.query}" if split.query else "")


def _is_new_ground(path: str, query: str) -> bool:
    """Links that only turn the same page another way are left to the seeds."""
    return path != "/language" and not re.search(
        r"(?:^|&)(?:lens|mode|back|to|here|a|b|verify|showing|month|add)=", query
    )
