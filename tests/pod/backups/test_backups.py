"""Backups made under load are whole, come back with the same keys, and what isn't whole is refused."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import tarfile
import threading
import time
from pathlib import Path
from typing import Any, Self

import pytest
from alembic import command
from click.testing import CliRunner

from migrations import configured
from models.engine.databases import open_database
from pod.cli import main
from pod.cli.options import configuration
from pod.config import load_config
from pod.keyring import open_keyring
from tests.support.rig import Person, ServedPod, call, eventually


def run(*command: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, command)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


class Writing:
    """Writes notes as fast as a few people can, until it is told to end."""

    def __init__(self, person: Person, group: str) -> None:
        self.person, self.group = person, group
        self.count = 0
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(4)]

    def _write(self) -> None:
        while not self._ended.is_set():
            self.person.post(f"/api/v1/groups/{self.group}/posts", note(f"Note {self.count}"))
            self.count += 1

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def note(text: str) -> dict[str, Any]:
    return {"kind": "note", "paragraphs": [{"style": "text", "text": text}]}


@pytest.fixture(scope="module")
def village(pod: ServedPod) -> tuple[ServedPod, Person, str]:
    ada = pod.sign_up("ada")
    pod.start()
    call("GET", f"{pod.url}/u/ada")  # an actor's keys are made when it is first asked for
    group = ada.post("/api/v1/groups", {"name": "Parish council"})["group"]
    (pod.folder / "media" / "ab").mkdir(parents=True)
    (pod.folder / "media" / "ab" / "picture").write_bytes(b"picture" * 1000)
    return pod, ada, str(group)


@pytest.fixture(scope="module")
def backup(village: tuple[ServedPod, Person, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that was made while posts were written."""
    pod, ada, group = village
    target = tmp_path_factory.mktemp("backups") / "pod.tar"
    with Writing(ada, group) as writing:
        eventually(lambda: writing.count > 20)
        before = writing.count
        began = time.monotonic()
        done = pod.run("backup", "create", "--to", str(target), "--json")
        seconds = time.monotonic() - began
        print(f"{(writing.count - before) / seconds:.0f} posts a second while backing up, {seconds:.1f} s")
        assert writing.count > before + 5
    assert json.loads(done.splitlines()[-1])["manifest"]["counts"]["accounts"] == 1
    return target


def test_op_11_a_backup_made_while_posts_are_written_is_whole(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    code, text = run("backup", "verify", str(backup), "--json")
    assert code == 0, text
    manifest = json.loads(text.splitlines()[-1])["manifest"]
    assert set(manifest["files"]) == {"pod.sqlite", "pod.toml", "keys/pod.key", "media/ab/picture"}
    assert manifest["counts"]["records"] > 20


def test_op_11_a_restored_pod_has_the_same_actor_keys_and_a_new_pod_key(
    backup: Path, village: tuple[ServedPod, Person, str], tmp_path: Path
) -> None:
    pod, ada, group = village
    actor = call("GET", f"{pod.url}/u/ada")
    former = open_keyring(configuration(pod.folder).key_file).pod_key
    pod.kill()
    kept = pod.folder.rename(tmp_path / "kept")
    try:
        code, text = run("restore", str(backup), "--data", str(pod.folder))
        assert code == 0, text
        keyring = open_keyring(configuration(pod.folder).key_file)
        assert [key.did for key in keyring.former] == [former.did]
        assert (pod.folder / "media" / "ab" / "picture").read_bytes() == b"picture" * 1000
        assert (pod.folder / "keys" / "pod.key").stat().st_mode & 0o077 == 0
        pod.start()
        assert call("GET", f"{pod.url}/u/ada") == actor
        posts = ada.get(f"/api/v1/groups/{group}/posts?limit=500")["posts"]
        assert len(posts) > 20
        assert pod.run("rebuild", "--check")
    finally:
        pod.kill()
        shutil.rmtree(pod.folder)
        kept.rename(pod.folder)
        pod.start()


def test_a_pod_that_only_moved_keeps_its_key(
    backup: Path, village: tuple[ServedPod, Person, str], tmp_path: Path
) -> None:
    folder = tmp_path / "moved"
    config = (village[0].folder / "pod.toml").read_text()
    code, text = run("restore", str(backup), "--data", str(folder), "--moved")
    assert code == 0, text
    moved = configuration(folder)
    assert moved.data == folder
    assert moved.key_file == folder / "keys" / "pod.key"
    assert moved.base_url == village[0].url
    assert open_keyring(moved.key_file).former == ()
    assert config.count("\n") == (folder / "pod.toml").read_text().count("\n")


def test_a_folder_that_is_not_empty_is_left_alone(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    code, text = run("restore", str(backup), "--data", str(tmp_path))
    assert (code, "isn't empty" in text) == (1, True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious"]


def repacked(backup: Path, target: Path, change: Any) -> Path:
    """The backup with entries changed: `change(name, content)` gives the entry's new name and content, or None."""
    with tarfile.open(backup) as old, tarfile.open(target, "w") as new:
        for entry in old:
            file = old.extractfile(entry)
            assert file is not None
            changed = change(entry.name, file.read())
            if changed is None:
                continue
            made = tarfile.TarInfo(changed[0])
            made.size = len(changed[1])
            new.addfile(made, io.BytesIO(changed[1]))
    return target


def in_the_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE: dict[str, tuple[Any, str]] = {
    "a flipped bit of the database": (
        lambda name, content: (name, in_the_middle(content) if name == "pod.sqlite" else content),
        "pod.sqlite isn't the file",
    ),
    "another key": (
        lambda name, content: (name, b"k" * 32 if name == "keys/pod.key" else content),
        "keys/pod.key isn't the file",
    ),
    "a file lost": (lambda name, content: None if name.startswith("media/") else (name, content), "media/ab/picture"),
    "no manifest": (lambda name, content: None if name == "manifest.json" else (name, content), "has no manifest"),
    "a way out": (
        lambda name, content: ("keys/../../escaped" if name == "pod.toml" else name, content),
        "which no backup of a pod has",
    ),
    "another version of the form": (
        lambda name, content: (name, content.replace(b'"format": 1', b'"format": 9')),
        "is a backup of form 9",
    ),
}


@pytest.mark.parametrize(("change", "said"), DAMAGE.values(), ids=DAMAGE)
def test_op_11_a_damaged_backup_is_neither_verified_nor_restored(
    backup: Path, tmp_path: Path, change: Any, said: str
) -> None:
    bad = repacked(backup, tmp_path / "bad.tar", change)
    code, text = run("backup", "verify", str(bad))
    assert (code, said in text) == (1, True), text
    code, text = run("restore", str(bad), "--data", str(tmp_path / "pod"))
    assert (code, said in text) == (1, True), text
    assert [entry.name for entry in tmp_path.iterdir()] == ["bad.tar"]


def test_a_backup_whose_end_is_missing_is_not_whole(backup: Path, tmp_path: Path) -> None:
    for part in (0.99, 0.5):
        bad = tmp_path / f"{part}.tar"
        bad.write_bytes(backup.read_bytes()[: int(backup.stat().st_size * part) - 20_000])
        code, text = run("backup", "verify", str(bad))
        assert code == 1, text
    code, _ = run("backup", "verify", str(tmp_path / "nowhere.tar"))
    assert code == 1


def test_backups_are_listed_the_latest_first(village: tuple[ServedPod, Person, str]) -> None:
    pod, _, _ = village
    for offset in (2_000_000, 1_000_000):
        pod.set_clock(offset)
        pod.run("backup", "create")
    pod.set_clock(0)
    (pod.folder / "backups" / "broken.tar").write_bytes(b"x" * 2000)
    code, text = run("backup", "list", "--data", str(pod.folder), "--json")
    listed = json.loads(text)
    assert code == 0
    assert [one["manifest"] is not None for one in listed] == [True, True, False]
    assert listed[0]["manifest"]["made_at"] > listed[1]["manifest"]["made_at"]
    assert "can't be read" in listed[2]["fault"]
    shutil.rmtree(pod.folder / "backups")


async def downgrade(folder: Path, revision: str) -> None:
    database = await open_database(load_config(folder / "pod.toml").database_url)
    try:
        async with database.writing.begin() as connection:
            await connection.run_sync(lambda sync: command.downgrade(configured(sync), revision))
    finally:
        await database.close()


def test_op_12_a_backup_of_an_older_schema_is_brought_forward(backup: Path, tmp_path: Path) -> None:
    older, folder = tmp_path / "older", tmp_path / "pod"
    assert run("restore", str(backup), "--data", str(older), "--moved")[0] == 0
    asyncio.run(downgrade(older, "0006"))
    assert run("backup", "create", "--data", str(older), "--to", str(tmp_path / "old.tar"))[0] == 0
    code, text = run("restore", str(tmp_path / "old.tar"), "--data", str(folder))
    assert code == 0, text
    assert "0007" in text
    assert run("migrate", "--plan", "--data", str(folder))[1] == "The database is up to date.\n"


def test_a_backup_of_a_newer_schema_is_left_alone(backup: Path, tmp_path: Path) -> None:
    bad = repacked(
        backup, tmp_path / "new.tar", lambda name, content: (name, content.replace(b'"schema": "00', b'"schema": "99'))
    )
    code, text = run("restore", str(bad), "--data", str(tmp_path / "pod"))
    assert (code, "is of a newer version" in text) == (1, True)
    assert not (tmp_path / "pod").exists()


def test_postgresql_is_left_to_its_own_tool(village: tuple[ServedPod, Person, str], tmp_path: Path) -> None:
    pod, _, _ = village
    shutil.copytree(pod.folder / "keys", tmp_path / "keys")
    (tmp_path / "pod.toml").write_text(
        '[server]\nbase_url = "https://pod.example"\n[storage]\ndatabase = "postgresql+asyncpg://pod@localhost/pod"\n'
    )
    code, text = run("backup", "create", "--data", str(tmp_path))
    assert (code, "pg_dump" in text) == (1, True)
