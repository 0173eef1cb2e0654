"""The log of a serving pod: one line an event, a fault found by the id that was answered, no secrets."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.rig import Person, ServedPod, eventually

BODY = "words that nobody else need read"
FORMS = ("json", "console")


@pytest.fixture(scope="module", params=FORMS)
def village(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pod: ServedPod
) -> tuple[str, ServedPod, Person, str]:
    """The pod in this form of the log; a group and a post are there."""
    del tmp_path_factory
    pod.kill()
    text = (pod.folder / "pod.toml").read_text().partition("\n[log]")[0]
    (pod.folder / "pod.toml").write_text(f'{text}\n[log]\nformat = "{request.param}"\n')
    ada = pod.sign_up(f"ada-{request.param}")
    pod.start()
    group = str(ada.post("/api/v1/groups", {"name": "Parish council"})["group"])
    note = {"kind": "note", "paragraphs": [{"style": "text", "text": BODY}]}
    ada.post(f"/api/v1/groups/{group}/posts", note)
    return request.param, pod, ada, group


def log_of(pod: ServedPod) -> Path:
    return pod.folder.with_suffix(".log")


def fault(pod: ServedPod, ada: Person, group: str) -> tuple[int, str, str]:
    """Status, request id and body of a request that the pod fails at: a table is gone under it."""
    with closing(sqlite3.connect(pod.folder / "pod.sqlite", isolation_level=None)) as database:
        database.execute("ALTER TABLE posts RENAME TO lost")
        request = urllib.request.Request(f"{pod.url}/api/v1/groups/{group}/posts?before=77777")
        request.add_header("Authorization", f"Bearer {ada.account['token']}")
        try:
            with pytest.raises(urllib.error.HTTPError) as told:
                urllib.request.urlopen(request, timeout=10)
        finally:
            database.execute("ALTER TABLE lost RENAME TO posts")
    with told.value as answer:
        return answer.code, answer.headers["X-Request-Id"], answer.read().decode()


def test_op_35_the_id_of_a_fault_leads_to_its_traceback(village: tuple[str, ServedPod, Person, str]) -> None:
    form, pod, ada, group = village
    status, request_id, body = fault(pod, ada, group)
    assert (status, json.loads(body)["code"]) == (500, "bug")
    assert "posts" not in body
    eventually(lambda: "status=500" in log_of(pod).read_text() or '"status":500' in log_of(pod).read_text())
    lines = log_of(pod).read_text().splitlines()
    own = [number for number, line in enumerate(lines) if request_id in line]
    assert len(own) == 2  # the fault, and the request
    if form == "json":
        first = json.loads(lines[own[0]])
        assert (first["event"], first["level"]) == ("bug", "error")
        traceback = first["exception"]
        assert json.loads(lines[own[1]])["route"] == "/api/v1/groups/{group}/posts"
    else:
        traceback = "\n".join(lines[own[0] : own[1]])
    assert "Traceback (most recent call last)" in traceback
    assert "no such table: posts" in traceback


def test_op_35_no_secret_and_no_body_is_told(village: tuple[str, ServedPod, Person, str]) -> None:
    _, pod, ada, _ = village
    text = log_of(pod).read_text()
    assert "request" in text
    for secret in (ada.account["token"], ada.account["phrase"], BODY, "before=77777", "77777"):
        assert secret not in text


def test_op_35_every_line_of_the_json_form_is_one_event(village: tuple[str, ServedPod, Person, str]) -> None:
    form, pod, _, _ = village
    if form != "json":
        pytest.skip("The form for people has no such promise for tracebacks.")
    lines = [line for line in log_of(pod).read_text().splitlines() if not line.startswith("Serving ")]
    events = [json.loads(line) for line in lines]
    assert len(events) > 3
    assert all({"timestamp", "level", "event"} <= event.keys() for event in events)
