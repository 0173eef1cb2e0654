"""Another server of the fediverse, made of a thread: it shows its actor, takes what it is sent, and signs as told."""

from __future__ import annotations

import hmac
import http.client
import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from federation.signatures import Scheme, SignedRequest, SigningKey, sign
from federation.signatures.digest import digest_of
from federation.signatures.keys import rsa_public_pem, rsa_signing_key
from tests.support.wire import a_request, changed, http_date, rsa_pem, with_fields

PORT: Final = 8080
COVERED: Final = "(request-target) host date digest"
SECOND: Final = 1000


class Peer:
    """The actor http://<host>:8080/actor; `asked` are the paths fetched from it, `taken` what was sent, `came` how."""

    def __init__(self, host: str, inbox: str) -> None:
        self.host = host
        self.url = f"http://{host}:{PORT}"
        self.actor = f"{self.url}/actor"
        self.key_id = f"{self.actor}#main-key"
        self.inbox = urlsplit(inbox)
        self.asked: list[str] = []
        self.taken: list[dict[str, Any]] = []
        self.came: list[SignedRequest] = []
        self._ticks = 0

    @cached_property
    def key(self) -> SigningKey:
        return rsa_signing_key(self.key_id, rsa_pem())

    @cached_property
    def public_pem(self) -> str:
        return rsa_public_pem(rsa_pem())

    def document(self) -> dict[str, Any]:
        """The actor document."""
        key = {"id": self.key_id, "owner": self.actor, "publicKeyPem": self.public_pem}
        return {"id": self.actor, "type": "Application", "inbox": f"{self.url}/inbox", "publicKey": key}

    def documents(self) -> dict[str, dict[str, Any]]:
        """What it answers, by path."""
        return {"/actor": self.document()}

    def now(self) -> int:
        """A second that no other signature of ours has: two of one second over one body would be the same."""
        self._ticks += 1
        return time.time_ns() // 1_000_000 - 1800 * SECOND + self._ticks * SECOND

    def activity(self, record: Mapping[str, Any], **members: Any) -> dict[str, Any]:
        """An activity that carries a record."""
        own_id = f"{self.url}/activities/{self.now()}"
        return {"id": own_id, "type": "Add", "actor": self.actor, "record": record, **members}

    def unsigned(self, content: object) -> SignedRequest:
        """A delivery of JSON, or of these bytes, to the inbox."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return changed(a_request(target=self.inbox.path, authority=self.inbox.netloc, body=body), scheme="http")

    def signed(self, request: SignedRequest, *, scheme: Scheme = "cavage", at: int | None = None) -> SignedRequest:
        """The delivery with an honest signature of this peer."""
        return with_fields(request, sign(request, self.key, scheme=scheme, now=at or self.now()))

    def covering(
        self, request: SignedRequest, covered: str = COVERED, sign: Callable[[bytes], bytes] | None = None, **said: str
    ) -> SignedRequest:
        """The delivery with a signature over these names only, by any `sign`, saying of itself what `said` says."""
        fields = {"date": http_date(self.now()), "digest": digest_of(request.body)}
        values = {name.lower(): value for name, value in request.headers} | fields
        values["(request-target)"] = f"post {request.target}"
        base = "\n".join(f"{name}: {values[name]}" for name in covered.split(" ")).encode()
        told = {"keyId": self.key_id, "algorithm": "hs2019", "headers": covered, **said}
        told["signature"] = b64encode((sign or self.key.sign)(base)).decode()
        return with_fields(request, fields | {"Signature": ",".join(f'{name}="{told[name]}"' for name in told)})

    def hmac(self, base: bytes) -> bytes:
        """The forgery that takes the public key for a shared secret."""
        return hmac.digest(self.public_pem.encode(), base, sha256)


@contextmanager
def answering(host: str, answers: type[BaseHTTPRequestHandler]) -> Iterator[None]:
    """Serve by a thread of its own inside this block, without a word: the test's own output is enough."""
    quiet = type("Quiet", (answers,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer((host, PORT), quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(peer: Peer) -> Iterator[Peer]:
    """Let the peer answer for a while."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            peer.asked.append(self.path)
            document = peer.documents().get(self.path)
            self._say(200 if document else 404, json.dumps(document).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            authority = str(self.headers["Host"])
            peer.came.append(SignedRequest("POST", self.path, authority, "http", tuple(self.headers.items()), body))
            peer.taken.append(json.loads(body))
            self._say(202, b"")

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/activity+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with answering(peer.host, Answers):
        yield peer


def send(request: SignedRequest) -> tuple[int, Any]:
    """Send exactly these header fields and bytes; status and document of the answer (its text when not JSON)."""
    connection = http.client.HTTPConnection(request.authority, timeout=20)
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        said = answer.read()
        is_json = (answer.getheader("Content-Type") or "").split(";")[0].endswith("json")
        return answer.status, json.loads(said) if is_json else said.decode()
    finally:
        connection.close()
