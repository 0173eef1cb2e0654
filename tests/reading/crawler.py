"""Walks every address of a pod that can be read, as one reader: each route with each thing that fits, and all links."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final
from urllib.parse import urlencode

from tests.reading.canaries import CANARIES
from tests.reading.house import House, word
from tests.support.crawling import Answer, Crawl, document_routes, readable_routes

_WHOSE: Final = {"open": "floored", "unlisted": "unlisted", "private": "private"}
_POSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("plain", "hidden", "edited", "erased", "floored", "partly", "secret"),
    "unlisted": ("quiet", "secret"),
    "private": ("secret", "quiet"),
    "floor": ("floored",),
}
# Polls in their own groups, and in another one where they could be asked for by mistake.
_POLLS: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("floored poll", "floored early", "private poll", "unlisted poll"),
    "unlisted": ("unlisted poll", "unlisted early"),
    "private": ("private poll", "private early"),
}
# What members said in polls and as delegates, which is asked for as records.
_SAID: Final = tuple(
    f"{whose} {what}"
    for whose, said in {
        "floored": ("poll", "proposal", "prediction", "statement"),
        "private": ("poll", "proposal", "prediction", "statement", "comment", "ballot"),
        "unlisted": ("poll", "proposal", "prediction", "comment"),
    }.items()
    for what in said
)
_RECORDS: Final = ("secret", "quiet", "plain", "hidden", "edited", "erased", "floored", "partly", "was", "disliked")
_TARGETS: Final = (
    "/g/{group}/posts/{post}/why",
    "/api/v1/groups/{group}/explanation",
    "/api/v1/groups/{group}/votes",
    "/api/v1/groups/{group}/scores",
    "/api/v1/verdicts",
)
_LENSES: Final = ("/", "/g/{group}", "/api/v1/groups/{group}/posts", "/g/{group}/posts/{post}")


class Walk(Crawl):
    """Each route with each thing of the house that fits, and all links."""

    def __init__(self, house: House, name: str = "", token: str = "") -> None:
        self.asked: set[str] = set()
        super().__init__(house.pod, self._addresses(house), name, token)

    def _addresses(self, house: House) -> Iterator[str]:
        for pattern in readable_routes():
            self.asked.add(pattern)
            yield from _addresses(pattern, house)


def documents(house: House, reader: str, near: str = "/") -> Iterator[Answer]:
    """What another pod, or the holder of a key, gets for its signed requests of all that is no page."""
    paths = [path for pattern in document_routes() for path in _addresses(pattern, house)]
    for path in sorted(paths, key=lambda path: not path.startswith(near)):
        status, text = house.neighbours.get(reader, house.pod, path)
        yield Answer(path, status, html.unescape(text))


def _addresses(pattern: str, house: House) -> Iterator[str]:
    for path in _filled(pattern, house):
        for query in _queries(pattern, house):
            yield path + (f"?{query}" if query else "")


def _values(house: House) -> Mapping[str, Iterable[str]]:
    ids = house.ids
    return {
        "group": [ids[name] for name in ("open", "unlisted", "private", "floor")],
        "record": [ids[name] for name in (*_RECORDS, *_SAID)],
        "name": [*house.people, *(word(f"{name} subject") for name in ("private", "floored"))],
        "number": ["1", "2", "3"],
        "height": ["0", "1"],
        "index": ["0", "1"],
        "schema": ["2.0", "2.1"],
        "host": [house.pod.host],
        "to": ["did:key:z6Mk"],
        "secret": ["ab" * 32],
        "draft": [house.ids["draft"]],
        "step": ["question", "preview"],
    }


def _filled(pattern: str, house: House) -> Iterator[str]:
    """The pattern with every value; of a post only in groups where it could be asked for by mistake."""
    values = _values(house)
    names = [name for name in re.findall(r"{(\w+)}", pattern) if name not in {"group", "post", "record", "poll"}]
    for chosen in product(*(list(values.get(name, ["none"])) for name in names)):
        named = dict(zip(names, chosen, strict=True))
        told = _told_in_groups(pattern)
        if told:
            for group, things in told.items():
                for thing in things:
                    found = house.ids[thing]
                    yield pattern.format(**named, group=house.ids[group], post=found, record=found, poll=found)
        elif "{group}" in pattern:
            yield from (pattern.format(**named, group=group) for group in values["group"])
        elif "{record}" in pattern:
            yield from (pattern.format(**named, record=record) for record in values["record"])
        else:
            yield pattern.format(**named)


def _told_in_groups(pattern: str) -> Mapping[str, tuple[str, ...]]:
    """What is asked for in which groups, if the pattern names a thing of a group."""
    if "{poll}" in pattern:
        return _POLLS
    if "{post}" in pattern:
        return _POSTS
    if "{record}" not in pattern or "{group}" not in pattern:
        return {}
    said = {group: tuple(name for name in _SAID if name.startswith(whose)) for group, whose in _WHOSE.items()}
    return {group: (*posts, *said.get(group, ())) for group, posts in _POSTS.items()}


def _queries(pattern: str, house: House) -> list[str]:
    """The queries that make the most of a route."""
    ids = house.ids
    if pattern in _TARGETS:
        targets = [{"post": ids[name]} for name in ("secret", "hidden", "floored")]
        return [urlencode({"target": json.dumps(target)}) for target in targets]
    if pattern in _LENSES:
        lens = urlencode({"lens": ids["floor"], "showing": "everything"})
        return ["", "showing=everything", "lens=off", "mode=wiki", lens]
    given = {
        # The beginning finds the word, and the page that repeats what was asked doesn't hold it.
        "/search": [{"q": word[:-1]} for word in _all_words()],
        "/api/v1/polls": [{"q": word[:-1]} for word in _all_words()],
        "/.well-known/webfinger": [
            {"resource": f"{house.pod.url}/{at}"} for at in ("u/ada", f"groups/{ids['private']}")
        ],
        "/g/{group}/posts/{post}/compare": [{"a": ids["open"], "b": ids["floor"]}],
        "/g/{group}/posts/{post}/diff": [
            {"from": ids[name], "to": ids[name]} for name in ("secret", "edited", "floored")
        ],
        "/g/{group}/preview": [{"lens": ids["floor"]}],
        "/groups/{group}/proof": [{"leaf": "0", "size": "1"}, {"first": "1", "second": "2"}],
    }
    return [urlencode(query) for query in given.get(pattern, [])] or [
        "",
        *(["before=0"] if "outbox" in pattern else []),
    ]


def _all_words() -> list[str]:
    return sorted({canary.word for canary in CANARIES.values()})
