"""An upgrade backs up, tells of each step, and does all or nothing; nobody serves on tables of another version."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from migrations import from_nothing, upgrade
from models.engine.databases import open_database
from pod.cli import main
from pod.cli.options import configuration
from tests.support.rig import ServedPod, worker_number

BEFORE, FAILING = "0005", "0007"
STEPS = [step.revision for step in from_nothing().steps]
TO_DO = STEPS[STEPS.index(BEFORE) + 1 :]


def run(folder: Path, *command: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, [*command, "--data", str(folder)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def serve(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pod", "serve", "--data", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def content(path: Path) -> str:
    """A hash of all tables and rows."""
    with closing(sqlite3.connect(path)) as database:
        return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of a pod that an older version left, with a row to lose."""
    folder = tmp_path / "pod"
    port = str(20_000 + 50 * worker_number() + 7)
    assert run(folder, "init", "--port", port)[0] == 0

    async def make() -> None:
        database = await open_database(configuration(folder).database_url)
        await upgrade(database, BEFORE)
        await database.close()

    asyncio.run(make())
    with closing(sqlite3.connect(folder / "pod.sqlite")) as database:
        database.execute("INSERT INTO accounts (name, seed_sealed, created_at) VALUES ('ada', x'00', 1)")
        database.commit()
    return folder


def the_failing_step(folder: Path) -> None:
    """The table that the step makes is there already, so the step fails in the middle of all steps."""
    with closing(sqlite3.connect(folder / "pod.sqlite")) as database:
        database.execute("CREATE TABLE settings (other TEXT)")
        database.commit()


def mended(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "pod.sqlite")) as database:
        database.execute("DROP TABLE settings")
        database.commit()


def test_op_09_an_upgrade_backs_up_and_tells_of_each_step_with_its_seconds(old: Path) -> None:
    before = content(old / "pod.sqlite")
    code, text = run(old, "migrate")
    assert code == 0, text
    told = re.findall(r"^(\d+)/(\d+)  (\d{4})  +\d+\.\d\d s  .+", text, re.MULTILINE)
    assert told == [(str(number), str(len(TO_DO)), revision) for number, revision in enumerate(TO_DO, 1)]
    (backup,) = (old / "backups").iterdir()
    with tarfile.open(backup) as tar:
        tar.extract("pod.sqlite", old / "unpacked", filter="data")
    assert content(old / "unpacked" / "pod.sqlite") == before
    assert run(old, "migrate") == (0, "The database is up to date.\n")
    assert len(list((old / "backups").iterdir())) == 1


def test_op_09_a_step_that_fails_leaves_everything_as_it_was_and_may_be_tried_again(old: Path) -> None:
    the_failing_step(old)
    before = content(old / "pod.sqlite")
    code, text = run(old, "migrate")
    assert code == 1
    place = TO_DO.index(FAILING) + 1
    assert f"Step {place}/{len(TO_DO)}, {FAILING}, failed: " in text
    assert f"as it was, at {BEFORE}. A backup is {old}" in text
    assert content(old / "pod.sqlite") == before

    code, said = serve(old)
    assert code == 1
    assert f"at {BEFORE}, this version needs {STEPS[-1]}: run `pod migrate`" in said

    mended(old)
    assert run(old, "migrate")[0] == 0
    with closing(sqlite3.connect(old / "pod.sqlite")) as database:
        assert database.execute("SELECT name FROM accounts").fetchall() == [("ada",)]


def test_op_10_a_plan_changes_nothing(old: Path) -> None:
    before = content(old / "pod.sqlite")
    code, text = run(old, "migrate", "--plan")
    assert code == 0
    assert [line.split()[1] for line in text.splitlines()[:-1]] == TO_DO
    assert content(old / "pod.sqlite") == before
    assert not (old / "backups").exists()


def test_a_plan_for_a_pod_without_a_database_makes_none(old: Path) -> None:
    (old / "pod.sqlite").unlink()
    code, text = run(old, "migrate", "--plan")
    assert (code, text.count("\n")) == (0, len(STEPS) + 1)
    assert not (old / "pod.sqlite").exists()
    code, said = serve(old)
    assert (code, "The database is not made yet" in said) == (1, True)
    assert not (old / "pod.sqlite").exists()


def test_tables_of_a_newer_version_are_left_alone(old: Path) -> None:
    with closing(sqlite3.connect(old / "pod.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    for command in (["migrate"], ["migrate", "--plan"]):
        code, text = run(old, *command)
        assert (code, "A newer version made the database (9999" in text) == (1, True)
    assert "A newer version" in serve(old)[1]


def test_an_upgrade_is_not_made_under_a_serving_pod(pod: ServedPod) -> None:
    pod.start()
    assert run(pod.folder, "migrate") == (0, "The database is up to date.\n")
    with closing(sqlite3.connect(pod.folder / "pod.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0006'")
        database.commit()
    code, text = run(pod.folder, "migrate")
    assert (code, "The pod is serving: stop it first." in text) == (1, True)
