"""`pod serve`: several processes on PostgreSQL only, and an end that is told when they can't serve."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pod.cli.serve import MOST_SHORT_LIVES, Children, serve_command
from tests.support.rig import ServedPod


def test_several_processes_on_sqlite_are_refused_with_the_reason(pod: ServedPod) -> None:
    said = CliRunner().invoke(serve_command, ["--data", str(pod.folder), "--processes", "2"])
    assert said.exit_code == 1
    assert "SQLite lets one process write at a time" in said.output


def test_processes_that_end_at_once_are_started_a_few_times_and_then_all_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    children = Children(tmp_path, 2)
    monkeypatch.setattr(children, "_command", [sys.executable, "-c", "raise SystemExit(3)"])
    assert children.run() == 1
    told = capsys.readouterr().err
    assert MOST_SHORT_LIVES <= told.count("with code 3") <= MOST_SHORT_LIVES + 1
    assert "in a row ended at once" in told
