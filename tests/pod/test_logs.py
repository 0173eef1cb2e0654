"""One line a request, as JSON where it is asked for, with the id that the answer carries; a bug is told with it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from pod.config import Logging
from pod.logs import REQUEST_LINES, configure_logs
from pod.middleware import REQUEST_ID, answer_refusals, tell_requests
from pod.rules.requests import RequestRule

SECRET = "tell-nobody"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


async def fails(_: web.Request) -> web.Response:
    raise RuntimeError("a bug")


async def refuses(_: web.Request) -> web.Response:
    raise RequestRule.NOTHING_HERE.error()


async def answers(_: web.Request) -> web.Response:
    return web.json_response({})


def an_app() -> web.Application:
    app = web.Application(middlewares=[tell_requests, answer_refusals])
    app.router.add_get("/fails/{thing}", fails)
    app.router.add_get("/refuses/{thing}", refuses)
    app.router.add_post("/answers/{thing}", answers)
    return app


async def ask(method: str, path: str) -> tuple[int, str, Any]:
    async with TestClient(TestServer(an_app())) as client:
        headers = {"Authorization": f"Bearer {SECRET}"}
        body = SECRET if method == "POST" else None
        async with client.request(method, f"{path}?q={SECRET}", headers=headers, data=body) as response:
            return response.status, response.headers.get(REQUEST_ID, ""), await response.text()


def told(captured: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    err = captured.readouterr().err
    assert SECRET not in err
    return [json.loads(line) for line in err.splitlines()]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/answers/{thing}", 200), ("GET", "/refuses/{thing}", 404), ("GET", "/fails/{thing}", 500)],
)
async def test_a_request_is_one_line_with_route_status_and_id(
    capsys: pytest.CaptureFixture[str], method: str, path: str, status: int
) -> None:
    configure_logs(Logging(format="json"))
    answered, request_id, _ = await ask(method, path.format(thing=SECRET))
    lines = told(capsys)
    (line,) = (line for line in lines if line["event"] == "request")
    assert answered == status
    assert (line["method"], line["route"], line["status"], line["level"]) == (method, path, status, "info")
    assert line["ms"] >= 0
    assert {entry["request"] for entry in lines} == {request_id}


async def test_a_path_or_method_that_is_none_is_told_without_its_address(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Logging(format="json"))
    assert (await ask("GET", f"/{SECRET}"))[0] == 404
    assert (await ask("GET", f"/answers/{SECRET}"))[0] == 405
    statuses = [(line["status"], line["route"]) for line in told(capsys) if line["event"] == "request"]
    assert statuses == [(404, ""), (405, "")]


async def test_a_bug_is_logged_where_it_happened_and_answered_without_a_word_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(Logging(format="json"))
    _, request_id, text = await ask("GET", "/fails/x")
    (line,) = (line for line in told(capsys) if line["event"] == "bug")
    assert line["request"] == request_id
    assert 'raise RuntimeError("a bug")' in line["exception"]
    assert "RuntimeError" not in text
    assert json.loads(text)["code"] == "bug"


@pytest.mark.parametrize(("level", "lines"), [("info", 1), ("warning", 0)])
async def test_less_is_told_where_less_is_asked_for(capsys: pytest.CaptureFixture[str], level: str, lines: int) -> None:
    configure_logs(Logging(level=level))
    await ask("POST", "/answers/x")
    assert len(capsys.readouterr().err.splitlines()) == lines


def test_lines_of_libraries_have_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Logging(format="json"))
    logging.getLogger("some.library").warning("%s happened", "something")
    (line,) = told(capsys)
    assert (line["event"], line["level"], line["logger"]) == ("something happened", "warning", "some.library")


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_requests_line_has_the_form_of_all_others(capsys: pytest.CaptureFixture[str], form: str) -> None:
    configure_logs(Logging(format=form))
    number, route = "0123456789abcdef", '/files/{name:"[^/]+"}'
    REQUEST_LINES.tell(number, "GET", route, 404, 12_345_678)
    log = structlog.stdlib.get_logger("pod.middleware")
    log.info("request", request=number, method="GET", route=route, status=404, ms=12.34)
    own, common = capsys.readouterr().err.splitlines()
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
    assert stamp.search(own)
    if form == "json":
        assert json.loads(stamp.sub("", own)) == json.loads(stamp.sub("", common))
    else:
        assert stamp.sub("", own) == stamp.sub("", common)
