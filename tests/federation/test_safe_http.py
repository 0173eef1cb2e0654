import gzip
import json
import zlib
from typing import Any

import pytest
from aiohttp import web

from federation.errors import MalformedDocumentError, RemoteError, UnsafeAddressError
from federation.safe_http.inflate import BoundedBody
from federation.signatures import Policy, Scheme, SignedRequest, read_claims, sign, verify_claim
from protocol.limits import MAX_DOCUMENT_BYTES
from tests.support.servers import Answers, a_client, saying, serving
from tests.support.wire import ALICE, BODY, NOW, ed25519_keys, rsa_keys

AS2 = "application/activity+json"
JSON = frozenset({"application/json"})


def answering(*, status: int = 200, content_type: str = AS2, body: bytes = b"{}", **headers: str) -> Any:
    async def handler(_: web.Request) -> web.Response:
        fields = {"Content-Type": content_type} | {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers=fields)

    return handler


async def fetch(handler: Any, path: str = "/x", *, total_seconds: float = 5.0) -> dict[str, Any]:
    async with serving(handler) as base, a_client(total_seconds=total_seconds) as http:
        return (await http.get_document(f"{base}{path}", identified=False)).content


@pytest.mark.parametrize(
    ("date", "ms"),
    [
        ("Thu, 26 Nov 2026 12:00:00 GMT", 1_795_694_400_000),
        ("yesterday", None),
        ("", None),
    ],
)
async def test_a_servers_clock_is_read_whatever_it_answers(date: str, ms: int | None) -> None:
    async with serving(answering(status=404, Date=date)) as base, a_client() as http:
        assert await http.get_date(f"{base}/x") == ms


# Documents (rules 4 to 6)


async def test_a_document_is_fetched_from_its_id() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Accept"].startswith(AS2)
        return web.json_response({"id": str(request.url), "type": "Note"}, content_type=AS2)

    async with serving(handler) as base, a_client() as http:
        document = await http.get_document(f"{base}/n/1?a=b#fragment")
        assert document.url == document.content["id"] == f"{base}/n/1?a=b"
        assert json.loads(document.raw) == document.content


async def test_fed_5_a_document_of_another_url_is_fetched_again_from_its_id() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"id": str(request.url.with_path("/canonical"))}, content_type=AS2)

    async with serving(handler) as base, a_client() as http:
        assert (await http.get_document(f"{base}/alias")).url == f"{base}/canonical"
    assert asked == ["/alias", "/canonical"]


async def test_fed_5_a_document_that_is_never_at_its_id_is_refused() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"id": f"{request.url}x"}, content_type=AS2)

    async with serving(handler) as base, a_client() as http:
        with pytest.raises(MalformedDocumentError):
            await http.get_document(f"{base}/n")
    assert asked == ["/n", "/nx"]


async def test_fed_5_an_id_that_redirects_elsewhere_is_not_where_the_document_lives() -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/id":
            return web.Response(status=302, headers={"Location": "/other"})
        return web.json_response({"id": str(request.url.with_path("/id"))}, content_type=AS2)

    async with serving(handler) as base, a_client() as http:
        with pytest.raises(MalformedDocumentError):
            await http.get_document(f"{base}/n")


@pytest.mark.parametrize("stated", ["https://other.example/n", "/n", None, 1])
async def test_fed_5_a_document_of_another_origin_is_refused(stated: object) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"id": stated}, content_type=AS2)

    async with serving(handler) as base, a_client() as http:
        with pytest.raises((MalformedDocumentError, UnsafeAddressError)):
            await http.get_document(f"{base}/n")
    assert asked == ["/n"]


@pytest.mark.parametrize("content_type", ["application/json", "text/html", "application/ld+json"])
async def test_fed_6_another_content_type_is_refused_whatever_the_body(content_type: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        await fetch(answering(content_type=content_type))
    assert not refusal.value.retry


async def test_fed_6_two_content_types_are_refused() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Type: text/html\r\n"
    async with saying(head + b"Content-Length: 2\r\n\r\n{}") as base, a_client() as http:
        with pytest.raises(RemoteError):
            await http.get_document(f"{base}/x", identified=False)


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"id":1,"id":2}', b'{"@graph":[]}', b"[" * 100_000])
async def test_fed_31_a_document_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedDocumentError):
        await fetch(answering(body=body))


async def test_other_json_and_files_are_fetched_under_their_types() -> None:
    async with serving(answering(content_type="application/json", body=b'{"a":1}')) as base, a_client() as http:
        assert await http.get_json(f"{base}/x") == {"a": 1}
        download = await http.get_bytes(f"{base}/x", types=JSON, max_bytes=7)
        assert (download.content_type, download.body) == ("application/json", b'{"a":1}')
        with pytest.raises(RemoteError):
            await http.get_bytes(f"{base}/x", types=JSON, max_bytes=6)
        with pytest.raises(RemoteError):
            await http.get_bytes(f"{base}/x", types=frozenset({"image/png"}), max_bytes=100)


# Bodies (rule 27)


def raw_deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(body) + deflater.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(b'{"a":1}'), id="gzip"),
        pytest.param("x-gzip", gzip.compress(b'{"a"') + gzip.compress(b":1}"), id="two gzip members"),
        pytest.param("deflate", zlib.compress(b'{"a":1}'), id="deflate"),
        pytest.param("deflate", raw_deflate(b'{"a":1}'), id="bare deflate"),
        pytest.param("identity", b'{"a":1}', id="identity"),
    ],
)
async def test_a_compressed_document_is_read(coding: str, body: bytes) -> None:
    assert await fetch(answering(body=body, Content_Encoding=coding)) == {"a": 1}


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(bytes(50_000_000)), id="bomb"),
        pytest.param("gzip", gzip.compress(b"") * 60_000, id="endless empty members"),
        pytest.param("deflate", zlib.compress(bytes(50_000_000)), id="deflate bomb"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(b"{}")), id="twice"),
        pytest.param("br", b"{}", id="another coding"),
        pytest.param("gzip", b"{}", id="not gzip"),
        pytest.param("gzip", gzip.compress(b"{}")[:-4], id="broken off"),
        pytest.param("identity", b" " * (MAX_DOCUMENT_BYTES + 1), id="announced too long"),
    ],
)
async def test_fed_27_a_body_beyond_the_limit_or_broken_is_refused(coding: str, body: bytes) -> None:
    with pytest.raises(RemoteError):
        await fetch(answering(body=body, Content_Encoding=coding))


async def test_fed_27_an_announced_length_beyond_the_limit_is_believed_at_once() -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {AS2}\r\nContent-Length: {MAX_DOCUMENT_BYTES + 1}\r\n\r\n"
    async with saying(head.encode()) as base, a_client() as http:
        with pytest.raises(RemoteError, match="longer than") as refusal:
            await http.get_document(f"{base}/x")
    assert not refusal.value.retry


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_fed_27_a_bomb_never_unfolds_in_memory(coding: str) -> None:
    bomb = (gzip if coding == "gzip" else zlib).compress(bytes(50_000_000))
    body = BoundedBody(coding, 100_000)
    with pytest.raises(RemoteError, match="longer than"):
        body.add(bomb)
    assert len(body._decoded) <= 100_001


def test_fed_27_a_body_of_exactly_the_limit_is_whole() -> None:
    for coding, text in (("", bytes(1000)), ("gzip", gzip.compress(bytes(1000)))):
        body = BoundedBody(coding, 1000)
        for position in range(len(text)):
            body.add(text[position : position + 1])
        assert body.finish() == bytes(1000)


async def test_fed_27_a_body_without_an_announced_length_is_cut() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": AS2})
        await response.prepare(request)
        while sent < 100 * MAX_DOCUMENT_BYTES:
            await response.write(b" " * 65536)
            sent += 65536
        return response

    with pytest.raises(RemoteError):
        await fetch(endless)
    assert sent < 20 * MAX_DOCUMENT_BYTES


async def test_fed_27_a_slow_drip_ends_with_the_deadline() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 1000\r\n\r\n"
    async with saying(head, *[b" "] * 1000, pause_seconds=0.02) as base, a_client(total_seconds=0.2) as http:
        with pytest.raises(RemoteError) as refusal:
            await http.get_document(f"{base}/x")
    assert refusal.value.retry


@pytest.mark.parametrize("head", [b"X: " + b"a" * 20_000, b"\r\n".join([b"X: y"] * 5_000)])
async def test_fed_27_endless_headers_are_refused(head: bytes) -> None:
    async with saying(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n") as base, a_client() as http:
        with pytest.raises(RemoteError):
            await http.get_document(f"{base}/x")


# Redirects (rule 26)


def redirecting(hops: int, asked: list[str] | None = None) -> Any:
    """/5 leads to /4 and so on; /0 is a document."""

    async def handler(request: web.Request) -> web.Response:
        left = int(request.path[1:])
        if asked is not None:
            asked.append(request.headers.get("Signature", ""))
        if left == 0:
            return web.json_response({"hops": hops}, content_type=AS2)
        return web.Response(status=302, headers={"Location": f"/{left - 1}"})

    return handler


async def test_fed_26_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    assert await fetch(redirecting(3), "/3") == {"hops": 3}
    with pytest.raises(RemoteError):
        await fetch(redirecting(4), "/4")


@pytest.mark.parametrize("location", ["/x", "https://127.0.0.1/y", "mailto:x", "http://[", "http://a@127.0.0.1/"])
async def test_fed_26_a_redirect_in_a_circle_or_to_another_scheme_is_refused(location: str) -> None:
    with pytest.raises((RemoteError, UnsafeAddressError)) as refusal:
        await fetch(answering(status=301, Location=location))
    assert not getattr(refusal.value, "retry", False)


async def test_fed_26_a_redirect_without_a_location_is_refused() -> None:
    with pytest.raises(RemoteError):
        await fetch(answering(status=301))


async def test_fed_26_every_hop_is_signed_anew() -> None:
    asked: list[str] = []
    targets = []

    def signer(request: SignedRequest) -> dict[str, str]:
        targets.append((request.authority, request.target))
        return sign(request, rsa_keys()[0], scheme="cavage", now=NOW)

    async with serving(redirecting(2, asked)) as base, a_client() as http:
        await http.get_document(f"{base}/2", sign=signer, identified=False)
        authority = base.removeprefix("http://")
    assert targets == [(authority, "/2"), (authority, "/1"), (authority, "/0")]
    assert len(set(asked)) == 3


async def test_fed_26_a_delivery_is_never_redirected() -> None:
    asked: list[str] = []
    async with serving(redirecting(1, asked)) as base, a_client() as http:
        with pytest.raises(RemoteError) as refusal:
            await http.post(f"{base}/1", BODY)
    assert (refusal.value.status, refusal.value.retry, len(asked)) == (302, False, 1)


# Deliveries


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
@pytest.mark.parametrize("keys", [rsa_keys, ed25519_keys], ids=["RSA", "Ed25519"])
async def test_what_leaves_signed_arrives_verifiable(scheme: Scheme, keys: Any) -> None:
    private, public = keys()
    owners = []

    async def inbox(request: web.Request) -> web.Response:
        headers = tuple((name.decode(), value.decode()) for name, value in request.raw_headers)
        body = await request.read()
        came = SignedRequest(request.method, request.raw_path, request.host, "http", headers, body)
        (claim,) = read_claims(came, Policy(frozenset({request.host})), now=NOW)
        verified = verify_claim(claim, public)
        owners.append((verified.owner, "althing-group" in verified.covered))
        return web.Response(status=202)

    def signer(request: SignedRequest) -> dict[str, str]:
        return sign(request, private, scheme=scheme, now=NOW)

    async with serving(inbox) as base, a_client() as http:
        url = f"{base}/u/b%C3%B6b/inbox?x=%2F&y=1+2"
        answer = await http.post(url, BODY, sign=signer, headers={"Althing-Group": "group=1"})
        assert answer.status == 202
        with pytest.raises(RemoteError):
            await http.get_document(url, sign=signer)
    assert owners == [(ALICE, True), (ALICE, False)]


async def test_the_answer_to_a_delivery_is_read_but_cannot_undo_it() -> None:
    body = b'{"receipt":1}'
    async with (
        serving(answering(body=gzip.compress(body), Content_Encoding="gzip")) as base,
        a_client() as http,
    ):
        assert (await http.post(f"{base}/inbox", BODY)).body == body
    async with serving(answering(status=202, body=b"x", Content_Encoding="gzip")) as base, a_client() as http:
        answer = await http.post(f"{base}/inbox", BODY)
        assert (answer.status, answer.body) == (202, b"")


@pytest.mark.parametrize(
    ("status", "retry"),
    [(304, False), (400, False), (401, False), (403, False), (404, False), (410, False), (413, False),
     (408, True), (429, True), (500, True), (502, True), (503, True), (501, False)],
)  # fmt: skip
async def test_a_refusal_says_whether_to_try_again(status: int, retry: bool) -> None:
    async with serving(answering(status=status, body=b"")) as base, a_client() as http:
        for asking in (http.post(f"{base}/inbox", BODY), http.get_document(f"{base}/n")):
            with pytest.raises(RemoteError) as refusal:
                await asking
            assert (refusal.value.status, refusal.value.retry) == (status, retry)


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [("120", 120), ("Tue, 20 Apr 2021 02:09:55 GMT", 120), ("Tue, 20 Apr 2021 02:00:00 GMT", 0), ("soon", None)],
)
async def test_a_busy_server_says_when_to_come_back(wish: str, seconds: int | None) -> None:
    head = (
        f"HTTP/1.1 429 No\r\nDate: Tue, 20 Apr 2021 02:07:55 GMT\r\nRetry-After: {wish}\r\nAccept-Signature: a=()\r\n"
    )
    async with saying(head.encode() + b"Content-Length: 0\r\n\r\n") as base, a_client() as http:
        with pytest.raises(RemoteError) as refusal:
            await http.post(f"{base}/inbox", BODY)
    assert refusal.value.retry_after_seconds == seconds
    assert refusal.value.accept_signature == "a=()"


async def test_a_server_that_is_down_or_talks_nonsense_may_be_tried_again() -> None:
    async with saying(b"") as silent, saying(b"SSH-2.0-OpenSSH_9\r\n") as other, a_client() as http:
        urls = [f"{silent}/x", f"{other}/x", "http://127.0.0.1:1/x"]
        for url in urls:
            with pytest.raises(RemoteError) as refusal:
                await http.post(url, BODY)
            assert refusal.value.retry
            assert refusal.value.status is None


async def test_a_name_that_nobody_knows_may_be_known_tomorrow() -> None:
    async with a_client(resolver=Answers({})) as http:
        with pytest.raises(RemoteError) as refusal:
            await http.post("https://pod.example/inbox", BODY)
    assert refusal.value.retry


async def test_no_proxy_of_the_environment_and_no_cookie_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    cookies = []

    async def handler(request: web.Request) -> web.Response:
        cookies.append(dict(request.cookies))
        answer = web.json_response({}, content_type=AS2)
        answer.set_cookie("seen", "1")
        return answer

    # By name, because cookies of bare addresses are dropped by every client.
    async with serving(handler) as base, a_client(resolver=Answers({"pod.example": [["127.0.0.1"]]})) as http:
        for _ in range(2):
            await http.get_document(base.replace("127.0.0.1", "pod.example"), identified=False)
    assert cookies == [{}, {}]
