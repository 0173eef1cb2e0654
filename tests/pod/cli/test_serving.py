"""`pod serve`: several processes on PostgreSQL only, and an end that is told when they can't serve."""

from __future__ import annotations

import os
import signal

import pytest
from click.testing import CliRunner

from pod.cli.serve import MOST_SHORT_LIVES, Children, serve_command
from tests.support.rig import ServedPod


def test_several_processes_on_sqlite_are_refused_with_the_reason(pod: ServedPod) -> None:
    said = CliRunner().invoke(serve_command, ["--data", str(pod.folder), "--processes", "2"])
    assert said.exit_code == 1
    assert "SQLite lets one process write at a time" in said.output


def test_processes_that_end_at_once_are_started_a_few_times_and_then_all_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = Children(2).run()
    if code is None:  # in one that was started
        os._exit(3)
    assert code == 1
    told = capsys.readouterr().err
    assert MOST_SHORT_LIVES <= told.count("with code 3") <= MOST_SHORT_LIVES + 1
    assert "in a row ended at once" in told


def test_processes_end_with_the_one_that_keeps_them() -> None:
    told, telling = os.pipe()
    if not (keeper := os.fork()):
        os.setsid()
        if Children(2).run() is None:
            os.write(telling, b"up\n")
            signal.pause()
        os._exit(0)
    os.close(telling)
    with os.fdopen(told, "rb") as up:
        assert [up.readline(), up.readline()] == [b"up\n", b"up\n"]
        os.kill(keeper, signal.SIGKILL)
        os.waitpid(keeper, 0)
        assert up.read() == b""  # nobody is left who could write
