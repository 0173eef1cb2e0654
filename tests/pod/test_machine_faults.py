"""What the machine refuses a pod while it serves is told as that, and not as a fault of the program."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pod.actions.admin.readiness import reasons_against
from pod.config import Logging, load_config
from pod.logs import configure_logs
from pod.middleware import answer_refusals
from pod.parts import open_parts
from tests.support.rig import ServedPod, worker_number


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ("attempt to write a readonly database", 503, "database_unwritable"),
        ("disk I/O error", 503, "database_unwritable"),
        ("database or disk is full", 507, "disk_full"),
        ("no such table: posts", 500, "bug"),
    ],
)
async def test_n6_a_program_is_told_what_keeps_the_database_from_being_written(
    said: str, status: int, code: str
) -> None:
    async def fail(_: web.Request) -> web.StreamResponse:
        raise sqlite3.OperationalError(said)

    answer = await answer_refusals(make_mocked_request("POST", "/api/v1/groups"), fail)
    assert isinstance(answer, web.Response)
    assert (answer.status, json.loads(str(answer.text))["code"]) == (status, code)


@pytest.mark.parametrize(("said", "lines"), [("disk I/O error", 1), ("database or disk is full", 1), ("a bug", 4)])
@pytest.mark.parametrize("logger", [structlog.stdlib.get_logger, logging.getLogger])
def test_n6_what_the_machine_refuses_is_one_line_in_the_log(
    capsys: pytest.CaptureFixture[str], logger: Callable[[str], Any], said: str, lines: int
) -> None:
    with configured_logs():
        logger("pod.test").error("looking round failed", exc_info=raised(said))
    told = capsys.readouterr().err.splitlines()
    assert min(len(told), 4) == lines, told
    assert "looking round failed" in told[0]


def raised(said: str) -> sqlite3.OperationalError:
    with pytest.raises(sqlite3.OperationalError) as met:
        fail_with(said)
    return met.value


def fail_with(said: str) -> None:
    raise sqlite3.OperationalError(said)


@contextmanager
def configured_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(Logging())
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()


async def test_n6_a_pod_whose_database_may_only_be_read_is_not_ready(tmp_path: Path) -> None:
    made = ServedPod(tmp_path / "pod", worker_number(), 26)
    made.create(clock=False)

    async def forbid(session: AsyncSession) -> None:
        await session.execute(text("PRAGMA query_only = ON"))

    async with open_parts(load_config(made.folder / "pod.toml")) as deps:
        await deps.store.write(forbid)
        told = [reason.says for reason in await reasons_against(deps) if reason.check == "database"]
    assert told == ["The database takes no writes: it may only be read, or its disk fails."]
