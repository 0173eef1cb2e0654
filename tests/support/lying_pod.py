"""A pod made of a thread: it serves a group that the test grew, page by page, each spoiled as the test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from protocol.keys import PrivateKey
from protocol.log import Frontier, leaf_hash
from protocol.proofs import sign
from protocol.records.chain import TreeHead
from protocol.records.envelope import Record, open_record
from tests.support.community import START, Community, a_community, operation, seal
from tests.support.peer import answering

PORT: Final = 8080
Body = dict[str, Any]


class Page(NamedTuple):
    """An answer as it goes out."""

    body: bytes
    encoding: str = ""
    content_type: str = "application/json"
    status: int = 200


Spoil = Callable[[Page], Page]


class LyingPod:
    """The founder's pod of a group; member 2 lives there, too. `spoil` is asked for a list's pages, by its name."""

    def __init__(self, host: str, name: str) -> None:
        self.host = host
        self.url = f"http://{host}:{PORT}"
        self.community: Community = a_community(name, 2)
        self.log: list[Body] = []
        self.pending: list[Body] = []
        self.spoil: dict[str, Spoil] = {}
        self.frontier = Frontier()
        self._counter = 10

    @property
    def group(self) -> str:
        return str(self.community.now.group)

    def record(self, type_: str, author: int = 1, signer: PrivateKey | None = None, /, **members: Any) -> Body:
        """A content record of a member."""
        self._counter += 1
        header = {"rules": 1, "group": self.group, "author": author, "key": 0, "counter": self._counter, "at": START}
        key = signer or self.community.people[author - 1].signing()
        return sign({"type": type_, **header, **members}, key)

    def seal(
        self, *entries: Body, served: list[Body] | None = None, settled: bool = True, operations: Sequence[Body] = ()
    ) -> None:
        """Log records in a new item, and let the founder's pod confirm it; `served` is shown in their stead."""
        self.frontier = self.frontier.append_many([leaf_hash(open_record(entry).id) for entry in entries])
        self.log += list(entries) if served is None else served
        founder = self.community.people[0]
        head = TreeHead(self.frontier.size, self.frontier.root().hex())
        self.community.add(seal(self.community.now, founder.pod, operations, log=head))
        if settled:
            self.community.confirmed(founder)

    def close(self) -> None:
        """Let the group continue elsewhere."""
        founder = self.community.people[0]
        heir = {"group": open_record(self.record("Vote", target={"subject": "heir"}, value=1)).id}
        self.seal(operations=[operation(self.group, founder, "succeed", heir)])

    def page(self, name: str, start: int) -> Page:
        """What an honest pod would answer, spoiled if that is wished."""
        records = [record for record in self.community.records if record.type != "Ack"]
        pages: dict[str, Callable[[], Any]] = {
            "chain": lambda: {
                "items": [record.body for record in records if _height(record) >= start],
                "acks": [record.body for record in self.community.records if record.type == "Ack"],
            },
            "log": lambda: {"entries": self.log[start:]},
            "pending": lambda: {"records": self.pending[start:], "next": len(self.pending)},
        }
        page = Page(json.dumps(pages[name]()).encode())
        return self.spoil[name](page) if name in self.spoil else page


def _height(record: Record) -> int:
    return int(record.body.get("height", 0))


@contextmanager
def lying(pod: LyingPod) -> Iterator[LyingPod]:
    """Let the pod answer for a while."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            page = pod.page(url.path.rpartition("/")[2], int(parse_qs(url.query)["from"][0]))
            self.send_response(page.status)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(page.body)))
            if page.encoding:
                self.send_header("Content-Encoding", page.encoding)
            self.end_headers()
            self.wfile.write(page.body)

    with answering(pod.host, Answers):
        yield pod
