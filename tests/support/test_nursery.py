"""A pod that begins as a fork is a process as any other: its output, folder, environment, end and exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import conftest
from tests.support import nursery
from tests.support.folders import ROOT


def begun(tmp_path: Path, *arguments: str) -> tuple[nursery.Forked, Path, Path]:
    out, errors = tmp_path / "out", tmp_path / "errors"
    with out.open("w") as said, errors.open("w") as complained:
        return nursery.begin(arguments, said.fileno(), complained.fileno()), out, errors


def test_a_fork_says_and_ends_as_the_command_does(tmp_path: Path) -> None:
    for arguments, code in ((["--help"], 0), (["nonsense"], 2)):
        process, out, errors = begun(tmp_path, *arguments)
        plain = subprocess.run(
            [sys.executable, "-m", "pod", *arguments], capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert process.wait(30) == process.poll() == plain.returncode == code
        assert out.read_text() == plain.stdout
        assert errors.read_text() == plain.stderr


def test_a_fork_works_in_the_folder_and_environment_of_who_began_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert begun(tmp_path, "init", "--data", "mine")[0].wait(30) == 0
    assert (tmp_path / "mine" / "pod.toml").exists()
    monkeypatch.setenv("POD_SERVER_PORT", "many")
    process, _, errors = begun(tmp_path, "config", "check", "--data", "mine")
    assert process.wait(30) != 0
    assert "POD_SERVER_PORT" in errors.read_text()
    monkeypatch.delenv("POD_SERVER_PORT")
    assert begun(tmp_path, "config", "check", "--data", "mine")[0].wait(30) == 0, "nothing is left of another's"


def test_a_fork_can_be_killed_and_two_run_side_by_side(tmp_path: Path) -> None:
    for name, port in (("one", "18081"), ("two", "18082")):
        assert begun(tmp_path, "init", "--data", str(tmp_path / name), "--port", port)[0].wait(30) == 0
        assert begun(tmp_path, "migrate", "--data", str(tmp_path / name))[0].wait(30) == 0
    one, two = (begun(tmp_path, "serve", "--data", str(tmp_path / name))[0] for name in ("one", "two"))
    assert one.poll() is two.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        one.wait(0.01)
    one.kill()
    assert one.wait(30) == -9
    assert two.poll() is None
    two.kill()
    assert two.wait(30) == -9
    two.terminate()


@pytest.mark.parametrize(("marker", "used"), [("", True), ("slow", True), ("started", False), ("bench", False)])
def test_pods_of_started_tests_and_benches_start_as_operators_start_them(
    monkeypatch: pytest.MonkeyPatch, marker: str, used: bool
) -> None:
    monkeypatch.setattr(nursery, "used", None)
    conftest.pytest_runtest_setup(SimpleNamespace(get_closest_marker=lambda name: name == marker))  # type: ignore[arg-type]
    assert nursery.used is used
