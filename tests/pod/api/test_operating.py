"""What programs of the operator ask: life, readiness with its reasons, and numbers without names."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from migrations import upgrade
from models.engine.databases import open_database
from pod.actions.admin.readiness import LOCKED_SECONDS, STALE_MS
from pod.app import make_app
from pod.config import Config, Server, Storage, Testing
from pod.jobs.delivery import LOOK_EVERY_SECONDS
from pod.keyring import create_key_file
from tests.support.rig import Person, ServedPod, call, eventually

TOKEN = "a token of the operator's"
FRESH = {"status": "ready", "reasons": []}


@pytest.fixture(scope="module")
def village(pod: ServedPod) -> tuple[ServedPod, Person, str]:
    with (pod.folder / "pod.toml").open("a") as config:
        config.write(f'\n[metrics]\ntoken = "{TOKEN}"\n')
    ada = pod.sign_up("ada")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council"})["group"]
    (pod.folder / "media").mkdir()
    (pod.folder / "media" / "picture").write_bytes(b"p" * 12_345)
    return pod, ada, str(group)


def asked(url: str, headers: dict[str, str] | None = None, *, seconds: float = 10) -> tuple[int, str, str]:
    """Status, body and type."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.read().decode(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers["Content-Type"]


def readiness(pod: ServedPod, seconds: float = 10) -> tuple[int, Any]:
    status, body, _ = asked(f"{pod.url}/readyz", seconds=seconds)
    return status, json.loads(body)


def test_op_08_a_sound_pod_lives_and_is_ready(village: tuple[ServedPod, Person, str]) -> None:
    assert call("GET", f"{village[0].url}/healthz") == {"status": "ok"}
    eventually(lambda: readiness(village[0]) == (200, FRESH))


def test_op_08_a_schema_that_is_behind_is_told(village: tuple[ServedPod, Person, str]) -> None:
    pod, _, _ = village
    with closing(sqlite3.connect(pod.folder / "pod.sqlite", isolation_level=None)) as database:
        (newest,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.execute("UPDATE alembic_version SET version_num = '0006'")
        status, told = readiness(pod)
        database.execute("UPDATE alembic_version SET version_num = ?", (newest,))
    assert (status, told["status"]) == (503, "not ready")
    assert told["reasons"] == [{"check": "schema", "says": f"The tables are at 0006, this version needs {newest}."}]
    eventually(lambda: readiness(pod) == (200, FRESH))


def test_op_08_a_database_that_stays_locked_is_told_and_the_pod_recovers(
    village: tuple[ServedPod, Person, str],
) -> None:
    pod, ada, group = village
    with closing(sqlite3.connect(pod.folder / "pod.sqlite", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        pod.set_clock(61_000)  # what is done once a minute fails, too, and is first in the writer's queue
        time.sleep(0.5)
        status, told = readiness(pod, LOCKED_SECONDS + 10)
        assert status == 503
        assert "database" in [reason["check"] for reason in told["reasons"]]
        eventually(lambda: "looking round failed" in pod.folder.with_suffix(".log").read_text())
        time.sleep(0.5)
        database.execute("ROLLBACK")
    eventually(lambda: readiness(pod) == (200, FRESH))
    note = {"kind": "note", "paragraphs": [{"style": "text", "text": "Still here."}]}
    ada.post(f"/api/v1/groups/{group}/posts", note)
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["log"]["size"] == 2)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[TestClient[web.Request, web.Application], Path]]:
    """A pod in this process, and the file that shifts its clock."""
    folder, clock = tmp_path / "pod", tmp_path / "clock"
    create_key_file(folder / "keys" / "pod.key")
    config = Config(Server("http://127.0.0.1:8080"), Storage(data=str(folder)), testing=Testing(str(clock)))
    database = await open_database(config.database_url)
    await upgrade(database)
    await database.close()
    async with TestClient(TestServer(await make_app(config))) as client:
        yield client, clock


async def test_op_08_a_worker_that_stopped_is_told_within_a_minute(
    served: tuple[TestClient[web.Request, web.Application], Path],
) -> None:
    client, clock = served

    async def ready() -> tuple[int, set[str]]:
        async with client.get("/readyz") as answer:
            return answer.status, {reason["says"] for reason in (await answer.json())["reasons"]}

    async with asyncio.timeout(10):
        while (await ready())[0] != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    clock.write_text("60000")
    await asyncio.sleep(2 * LOOK_EVERY_SECONDS + 0.1)
    assert await ready() == (200, set())  # time passes, and all loops go round

    (loops,) = (task for task in asyncio.all_tasks() if task.get_name() == "loops")
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    clock.write_text(str(60_000 + STALE_MS - 5_000))
    assert (await ready())[0] == 200
    clock.write_text("120000")
    status, says = await ready()
    assert status == 503
    loops_told = {
        f"The loop of {name} has been still for" for name in ("tending", "looking", "comparing", "delivering")
    }
    assert {said.rsplit(" ", 2)[0] for said in says} == loops_told
    async with client.get("/healthz") as answer:
        assert answer.status == 200  # it lives, and answers what it can


def test_op_34_metrics_tell_how_much_there_is_without_a_name(village: tuple[ServedPod, Person, str]) -> None:
    pod, ada, group = village
    ada.get(f"/api/v1/groups/{group}")
    status, body, kind = asked(f"{pod.url}/metrics")
    assert (status, kind.split(";")[0]) == (200, "text/plain")
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }
    assert samples["althing_people", ()] == 1
    assert samples["althing_groups", (("kind", "group"),)] == 1
    assert samples["althing_groups", (("kind", "person"),)] == 1
    for state in ("well", "new", "failing"):
        assert samples["althing_queue_deliveries", (("state", state),)] == 0
    assert samples["althing_storage_bytes", (("class", "media"),)] == 12_345
    assert samples["althing_storage_bytes", (("class", "database"),)] > 100_000
    route = (("method", "GET"), ("route", "/api/v1/groups/{group}"), ("status", "200"))
    assert samples["althing_request_seconds_count", route] >= 1
    assert 0 < samples["althing_request_seconds_sum", route] < 60
    assert samples["process_resident_memory_bytes", ()] > 10_000_000
    for personal in ("ada", group, ada.account["token"], ada.account["personal_group"], "127.77."):
        assert personal not in body


def test_op_34_metrics_are_for_this_machine_and_for_the_token(village: tuple[ServedPod, Person, str]) -> None:
    url = f"{village[0].url}/metrics"
    for by_proxy in ({"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}, {"Host": "pod.example"}):
        status, body, _ = asked(url, by_proxy)
        assert (status, json.loads(body)["code"]) == (401, "unauthorized"), by_proxy
        for wrong in ("", "Bearer ", f"Bearer {TOKEN}x", TOKEN, f"Bearer {village[1].account['token']}"):
            assert asked(url, {**by_proxy, "Authorization": wrong})[0] == 401, wrong
        assert asked(url, {**by_proxy, "Authorization": f"Bearer {TOKEN}"})[0] == 200


def test_the_bytes_of_all_classes_are_those_of_the_folder(village: tuple[ServedPod, Person, str]) -> None:
    pod, _, _ = village
    _, body, _ = asked(f"{pod.url}/metrics")
    (family,) = (one for one in text_string_to_metric_families(body) if one.name == "althing_storage_bytes")
    told = sum(sample.value for sample in family.samples)
    there = sum(path.stat().st_size for path in pod.folder.rglob("*") if path.is_file())
    assert told == pytest.approx(there, rel=0.02)
