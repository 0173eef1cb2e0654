"""Files that people edit and open: a configuration from any editor, tables for any spreadsheet, faults in sentences."""

from __future__ import annotations

import csv
import io
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pod.config import ConfigError, load_config
from pod.spreadsheets import spreadsheet
from tests.support.rig import ServedPod, worker_number

TOML = '# Öppen för alla\n[server]\nbase_url = "http://localhost:8080"\n'


def test_public_32_a_configuration_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "pod.toml").write_text(TOML.replace("\n", "\r\n"), encoding="utf-8-sig")
    assert load_config(tmp_path / "pod.toml").base_url == "http://localhost:8080"


def test_n6_a_configuration_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "pod.toml").write_text(TOML, encoding="latin-1")
    with pytest.raises(ConfigError):
        load_config(tmp_path / "pod.toml")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_public_23_no_cell_begins_a_formula_under_any_separator(separator: str) -> None:
    rows = [("Skäl; =1+1", "=2", " @a", "x\t+3", 7, -5, None)]
    table = spreadsheet(tuple("abcdefg"), rows)
    assert table.encode().startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(table[1:]), delimiter=separator) for cell in row]
    assert not [cell for cell in cells if cell.lstrip()[:1] in ("=", "+", "@")]


def pod_command(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pod", *command, "--data", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def idle(tmp_path: Path) -> ServedPod:
    made = ServedPod(tmp_path / "pod", worker_number(), 29)
    made.create()
    return made


def told_of(idle: ServedPod) -> str:
    """What `pod serve` says before it ends."""
    done = pod_command(idle.folder, "serve")
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Error: ")
    return done.stderr


def test_n6_a_port_that_is_taken_is_told(idle: ServedPod) -> None:
    with socket.create_server((idle.host, 8080)):
        assert "another program listens there" in told_of(idle)


def test_n6_a_missing_key_is_told(idle: ServedPod) -> None:
    next(idle.folder.rglob("*.key")).unlink()
    assert "key file" in told_of(idle)


def test_n6_a_damaged_database_is_told(idle: ServedPod) -> None:
    (idle.folder / "pod.sqlite").write_bytes(b"no database" * 1000)
    assert "damaged" in told_of(idle)


def test_n5_the_first_migration_needs_no_free_port(tmp_path: Path) -> None:
    made = ServedPod(tmp_path / "pod", worker_number(), 28)
    made.run("init", "--port", "8080", "--base-url", made.url, "--listen", made.host)
    with socket.create_server((made.host, 8080)):
        assert pod_command(made.folder, "migrate").returncode == 0
