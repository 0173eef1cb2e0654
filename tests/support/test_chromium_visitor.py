"""The visitor of journeys does what a person could do, and sees what a person could see."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest

from tests.support.chromium import launched
from tests.support.chromium_visitor import LOOKS, ChromiumVisitor
from tests.support.rig import ServedPod

FORM = """<link rel="icon" href="data:,"><p>{said}</p><details><summary>More</summary>
<form method="post" action="/told">
<input type="hidden" name="token" value="t"><textarea name="words">old</textarea>
<input type="radio" name="way" value="a" checked><input type="radio" name="way" value="b">
<input type="checkbox" name="what" value="x" checked><input type="checkbox" name="what" value="y">
<select name="one"><option value="1" selected>1<option value="2">2</select>
<button name="do" value="first">Erase</button><button name="do" value="second">{button}</button></form></details>"""
GONE = '<link rel="icon" href="data:,">'
PAGES = {
    "/gone": GONE,
    "/far": '<img src="http://127.0.0.2:9/x.png">',
    "/wrong": '<img src="/missing.png">',
    "/form": FORM,
}
TEXTS = {"en": ("It is %(name)s", "Let it go"), "sv": ("Det är %(name)s", "Låt den vara")}


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        said, button = TEXTS["sv" if self.headers["Accept-Language"].startswith("sv") else "en"]
        page = PAGES.get(self.path, "").replace("{said}", said % {"name": "ada"}).replace("{button}", button)
        self._answer(200 if page and page != GONE else 404, page)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(200, '<link rel="icon" href="data:,">' + " ".join(f"{a}={b}" for a, b in parse_qsl(body)))

    def _answer(self, status: int, page: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def pod() -> Iterator[ServedPod]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield cast("ServedPod", SimpleNamespace(url=url, door=url))
    server.shutdown()
    server.server_close()


def test_forms_are_filled_in_and_sentences_found_in_each_look_and_what_is_wrong_is_told(pod: ServedPod) -> None:
    with launched() as chromium:
        for look in LOOKS.values():
            visitor = ChromiumVisitor(chromium, [pod], pod, look)
            page = visitor.get("/form")
            assert visitor.says(page, "It is %(name)s", name="ada")
            assert not visitor.says(page, "It is %(name)s", name="bo")
            with pytest.raises(AssertionError, match="No page says"):
                visitor.says(page, "It is")
            sent = visitor.submit(page, "/told", "Let it go", words="new", way="b", what=["y"], one="2")
            assert (sent.status, sent.path) == (200, "/told")
            assert "token=t words=new way=b what=y one=2 do=second" in sent.text
            with pytest.raises(AssertionError, match="no field"):
                visitor.submit(page, "/told", hat="new")
            visitor.close()
        for path, told in (("/far", "127.0.0.2"), ("/wrong", "404")):
            visitor = ChromiumVisitor(chromium, [pod], pod, look)
            assert visitor.get("/gone").status == 404, "a page that refuses is no fault, and forgives nothing else"
            with pytest.raises(AssertionError, match=told):
                visitor.get(path)
