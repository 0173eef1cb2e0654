"""What stands on a pod's address in its stead: it passes what is asked on, and spoils or swallows answers as told.

So a pod lies that holds the real keys: what it signs is real, and the rest is whatever a test puts in. The pod is a
`relayed` one: its URL names this address, and it listens at another.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Final

from tests.support.peer import answering
from tests.support.rig import PORT, ServedPod

Lie = Callable[[bytes], bytes]
_OWN: Final = {"connection", "content-length", "transfer-encoding", "keep-alive"}
_SECONDS: Final = 30
_DRIP_SECONDS: Final = 0.5


class LyingFront:
    """The front of a pod. `lies`: by what a path contains, what becomes of the body of an answer of 200.

    `silent`: what a path contains that is never answered; "": nothing is. `slow`: what a path contains whose answer
    comes byte by byte, and never ends. `asked`: the paths, in order.
    """

    def __init__(self, pod: ServedPod) -> None:
        self.pod = pod
        self.lies: dict[str, Lie] = {}
        self.silent: str | None = None
        self.slow: str | None = None
        self.asked: list[str] = []

    def passed(self, request: BaseHTTPRequestHandler) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """The pod's answer as it goes out; None: none does."""
        self.asked.append(request.path)
        if self.silent is not None and self.silent in request.path:
            return None
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        connection = http.client.HTTPConnection(self.pod.host, PORT, timeout=_SECONDS)
        try:
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in _OWN | {"accept-encoding"}:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            said = answer.read()
            fields = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OWN]
        except OSError:
            return None  # the pod isn't there
        finally:
            connection.close()
        if answer.status == 200:
            for part, lie in list(self.lies.items()):
                said = lie(said) if part in request.path else said
        return answer.status, fields, said


@contextmanager
def lying_front(pod: ServedPod) -> Iterator[LyingFront]:
    """Stand before the pod for a while."""
    front = LyingFront(pod)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            passed = front.passed(self)
            if passed is None:
                self.close_connection = True
                return
            status, fields, said = passed
            self.send_response(status)
            for name, value in fields:
                self.send_header(name, value)
            if front.slow is None or front.slow not in self.path:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            while front.slow is not None and front.slow in self.path:
                with suppress(OSError):  # who asked went away
                    self.wfile.write(b" ")
                time.sleep(_DRIP_SECONDS)
            with suppress(OSError):
                self.wfile.write(said)

        do_POST = do_GET  # noqa: N815  (the server asks for this name)

    with answering(pod.named, Answers):
        yield front
