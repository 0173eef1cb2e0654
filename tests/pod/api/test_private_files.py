"""A5: what the pod keeps is for its own user; an invitation's code isn't kept at all."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from migrations import upgrade
from models.engine.databases import Database, open_database
from tests.support.rig import ServedPod

OTHERS = 0o077


def test_a5_files_of_a_pod_are_for_its_own_user(pod: ServedPod) -> None:
    database = pod.folder / "pod.sqlite"
    database.chmod(0o644)  # as an older version left it
    pod.sign_up("ada")
    pod.start()
    pod.run("backup", "create")
    files = [path for path in pod.folder.rglob("*") if path.is_file() and path.name != "pod.toml"]
    assert {"pod.sqlite", "pod.sqlite-wal", "pod.key"} <= {path.name for path in files}
    assert any("backup" in str(path.parent) for path in files)
    assert [path.name for path in files if path.stat().st_mode & OTHERS] == []


def test_a5_codes_of_older_invitations_are_hashed_and_go_on_working(tmp_path: Path) -> None:
    path = tmp_path / "pod.sqlite"

    async def migrate(to: str) -> None:
        database: Database = await open_database(f"sqlite+aiosqlite:///{path}")
        await upgrade(database, to)
        await database.close()

    asyncio.run(migrate("0020"))
    with closing(sqlite3.connect(path)) as held:
        held.execute("INSERT INTO accounts (id, name, seed_sealed, created_at) VALUES (1, 'ada', x'00', 0)")
        held.execute(
            "INSERT INTO invites (id, code, inviter_id, note, most_uses, uses, approval, created_at, expires_at)"
            " VALUES (1, 'abcdefgh', 1, '', 1, 0, 0, 0, 9)"
        )
        held.commit()
    asyncio.run(migrate("0021"))
    with closing(sqlite3.connect(path)) as held:
        assert held.execute("SELECT code FROM invites").fetchall() == [(hashlib.sha256(b"abcdefgh").hexdigest(),)]
