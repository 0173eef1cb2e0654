import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.folders import ROOT
from tests.support.postgres import PostgresServer, find_programs

HOLD_A_SERVER = """
from tests.support.postgres import postgres_server
with postgres_server() as server:
    print(server.url.query["host"], flush=True)
    input()
"""


async def test_each_test_gets_a_database_of_its_own(postgres: PostgresServer, postgres_url: str) -> None:
    other = postgres.create_database()
    for url in (postgres_url, other):
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE once (a int)"))
        await engine.dispose()
    postgres.drop_database(other)


async def test_text_is_kept_as_utf8(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT length('Ålþing')"))).scalar_one() == 6
    await engine.dispose()


@pytest.mark.skipif("POD_TEST_PG" in os.environ, reason="the server of POD_TEST_PG is not ours to end")
def test_a_killed_test_run_leaves_no_server_behind(postgres: PostgresServer) -> None:
    assert postgres
    assert find_programs()
    run = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdin
    assert run.stdout
    folder = Path(run.stdout.readline().strip())
    postmaster = int((folder / "db" / "postmaster.pid").read_text().split()[0])
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdin.close()
    run.stdout.close()

    assert ends_within(postmaster, folder, seconds=10)


def ends_within(pid: int, folder: Path, *, seconds: int) -> bool:
    """Whether server `pid` of `folder` is gone in time; the last thing it does is to remove its pid file."""
    until = time.monotonic() + seconds
    pid_file = folder / "db" / "postmaster.pid"
    while pid_file.exists() and time.monotonic() < until:
        time.sleep(0.05)
    ended = not pid_file.exists()
    if not ended:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    return ended
