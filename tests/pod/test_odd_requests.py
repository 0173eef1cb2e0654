"""Odd requests get an answer that is no fault of ours, no traceback in the log, and no versions."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.support.rig import PORT, Person, ServedPod, eventually

FORM = "application/x-www-form-urlencoded"
CHARSETS = (f"{FORM}; charset=nonsense", f"{FORM}; charset=utf-16", "application/json; charset=klingon", 'a/b; x="')
MULTIPARTS = ("multipart/form-data; boundary=x", "multipart/form-data", 'multipart/mixed; boundary="')
COOKIES = (f"session-{PORT}=\udcff\udcfe", f'session-{PORT}="a\\"', f"visit-{PORT}=\udce5", "a=b; ; =x", "\udcff=1")


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> Iterator[Person]:
    person = pod.sign_up("ada")
    pod.start()
    yield person
    assert "Traceback" not in pod.folder.with_suffix(".log").read_text(errors="replace")


def said(pod: ServedPod, head: str, body: bytes = b"") -> list[str]:
    """The lines of the head of the answer."""
    with socket.create_connection((pod.host, PORT), timeout=20) as wire:
        lines = [*head.split("\n"), f"Content-Length: {len(body)}", "Connection: close", "", ""]
        wire.sendall("\r\n".join(lines).encode("ascii", "surrogateescape") + body)
        answer = wire.makefile("rb").read()
    return answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")


@pytest.mark.parametrize("kind", [*CHARSETS, *MULTIPARTS])
@pytest.mark.parametrize("path", ["/sign-in", "/inbox", "/api/v1/me/tokens"])
def test_a7_no_kind_of_body_is_a_fault(pod: ServedPod, ada: Person, path: str, kind: str) -> None:
    host, token = pod.url.removeprefix("http://"), ada.account["token"]
    head = f"POST {path} HTTP/1.1\nHost: {host}\nAuthorization: Bearer {token}\nContent-Type: {kind}"
    for body in (b"a=b", b"\xff\xfe=\xfe", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'):
        status = int(said(pod, head, body)[0].split()[1])
        assert 400 <= status < 500


@pytest.mark.parametrize("cookie", COOKIES, ids=ascii)
def test_a7_no_cookie_is_a_fault(pod: ServedPod, ada: Person, cookie: str) -> None:
    assert ada
    answer = said(pod, f"GET /about HTTP/1.1\nHost: {pod.named}:{PORT}\nCookie: {cookie}")
    assert answer[0].split()[1] in {"200", "400"}


def test_a7_hanging_up_is_no_fault(pod: ServedPod, ada: Person) -> None:
    assert ada
    for path, kind in (("/sign-in", FORM), ("/inbox", "application/activity+json"), ("/api/v1/groups", "text/plain")):
        with socket.create_connection((pod.host, PORT), timeout=20) as wire:
            head = f"POST {path} HTTP/1.1\r\nHost: {pod.named}:{PORT}\r\nContent-Type: {kind}"
            wire.sendall(f"{head}\r\nContent-Length: 999\r\n\r\nhalf".encode())
    log = pod.folder.with_suffix(".log")
    eventually(lambda: log.read_text(errors="replace").count("The body breaks off") >= 3)


LINES = ("GET / HTTP/9.9", "G\udcff / HTTP/1.1", "\x00", "GET /about HTTP/1.1", "GET /no HTTP/1.1")


@pytest.mark.parametrize("line", LINES, ids=ascii)
def test_a8_answers_name_no_versions(pod: ServedPod, ada: Person, line: str) -> None:
    assert ada
    servers = [field for field in said(pod, f"{line}\nHost: {pod.named}:{PORT}") if field.lower().startswith("server:")]
    assert servers == ["Server: Althing"]
