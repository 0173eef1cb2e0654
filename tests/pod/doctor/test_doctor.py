"""`pod doctor` finds each ill, names it, tells the mend in a line, and mends what it safely can."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pod.cli import main
from tests.support.copies import FREE_PORT, copied
from tests.support.rig import PORT, ServedPod, worker_number

CODES = {"ok": 0, "warn": 1, "fail": 2}


def doctor(folder: Path, *options: str) -> tuple[int, list[dict[str, str]]]:
    done = CliRunner().invoke(main, ["doctor", "--data", str(folder), "--json", *options])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture(scope="module")
def sound(pod: ServedPod) -> ServedPod:
    """A pod that serves, with somebody who wrote something."""
    ada = pod.sign_up("ada")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council"})["group"]
    note: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "A note"}]}
    ada.post(f"/api/v1/groups/{group}/posts", note)
    ada_pending = f"/groups/{group}/pending?from=0"
    while ada.get(ada_pending)["records"]:
        pass
    return pod


@pytest.fixture
def copy(sound: ServedPod, tmp_path: Path) -> Path:
    """A copy of its folder, to be spoiled."""
    return copied(sound, tmp_path / "pod")


def checks(findings: list[dict[str, str]]) -> dict[str, str]:
    worst: dict[str, str] = {}
    for finding in findings:
        known = worst.get(finding["check"], "ok")
        worst[finding["check"]] = max(known, finding["level"], key=list(CODES).index)
    return worst


def test_op_06_the_doctor_finds_nothing_wrong_with_a_sound_pod(sound: ServedPod, copy: Path) -> None:
    for folder, said in ((sound.folder, "A pod serves on"), (copy, "is free")):
        code, findings = doctor(folder)
        found = checks(findings)
        assert code in (0, 1), findings
        assert len(found) >= 25
        assert {name for name, level in found.items() if level != "ok"} <= {"disk"}, findings
        assert any(said in finding["says"] for finding in findings)
        assert all("\n" not in finding["says"] + finding["mend"] for finding in findings)


def test_op_06_each_check_is_one_line(copy: Path) -> None:
    orphans(copy)
    done = CliRunner().invoke(main, ["doctor", "--data", str(copy)])
    _, findings = doctor(copy)
    lines = done.output.splitlines()
    assert [line.split()[0] for line in lines] == [finding["level"] for finding in findings]
    (line,) = (line for line in lines if "orphan rows" in line)
    assert line.startswith("warn  orphan rows: ")
    assert "Run `pod doctor --fix`" in line


def key_for_all(folder: Path) -> None:
    (folder / "keys" / "pod.key").chmod(0o644)


def key_in_the_open(folder: Path) -> None:
    (folder / "keys").chmod(0o755)


def another_key(folder: Path) -> None:
    (folder / "keys" / "pod.key").write_bytes(os.urandom(32))


def no_key(folder: Path) -> None:
    (folder / "keys" / "pod.key").unlink()


def old_tables(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "pod.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
        database.commit()


def no_database(folder: Path) -> None:
    (folder / "pod.sqlite").unlink()


def broken_database(folder: Path) -> None:
    (folder / "pod.sqlite").write_bytes(b"no database at all, but long enough to be read as one" * 100)


def open_folder(folder: Path) -> None:
    folder.chmod(0o777)


def shifted_clock(folder: Path) -> None:
    text = (folder / "pod.toml").read_text()
    clock = folder / "clock"
    clock.write_text("5000")
    start = text.index("clock_file")
    (folder / "pod.toml").write_text(text[:start] + f'clock_file = "{clock}"\n')


def old_wait(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "pod.sqlite")) as database:
        statement = "UPDATE records SET state = 'pending', log_index = NULL, accepted_at = 0 WHERE log_index = 1"
        assert database.execute(statement).rowcount == 1
        database.commit()


def strange_floor(folder: Path) -> None:
    with (folder / "pod.toml").open("a") as config:
        config.write(f'\n[moderation]\nfloor = ["bagaaiera{"a" * 52}"]\n')


def read_only_media(folder: Path) -> None:
    (folder / "media").mkdir(mode=0o555)


def another_name(folder: Path) -> None:
    text = (folder / "pod.toml").read_text()
    (folder / "pod.toml").write_text(re.sub("base_url = .*", 'base_url = "http://localhost:8099"', text))


def changed(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "pod.sqlite")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def lost_index(folder: Path) -> None:
    changed(folder, "DROP INDEX ix_deliveries_host_id")


def orphans(folder: Path) -> None:
    token = "INSERT INTO tokens (sha256, account_id, name, created_at) VALUES (x'00', 999, 'old', 1)"
    body = "INSERT INTO activities (actor, body) VALUES ('a', x'00')"
    changed(folder, token, body)


def wrong_score(folder: Path) -> None:
    changed(folder, "UPDATE scores SET sum_micro = sum_micro + 1")


def damaged_pages(folder: Path) -> None:
    path = folder / "pod.sqlite"
    with closing(sqlite3.connect(path)) as database:
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'accounts'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : (page - 1) * size + 64] = b"\xff" * 64
    path.write_bytes(content)


def no_mail_server(folder: Path) -> None:
    text = (folder / "pod.toml").read_text()
    server = f'host = "127.77.{worker_number()}.26"\nport = 2526\nsecurity = "none"'
    (folder / "pod.toml").write_text(text.replace('host = ""', server))


def old_account(folder: Path) -> None:
    changed(folder, "UPDATE accounts SET created_at = 1")


def a_host(name: str, failed_at: int = 1) -> str:
    return f"INSERT INTO hosts (host, next_at, attempts, first_failed_at) VALUES ('{name}', 1, 3, {failed_at})"


def silent_host(folder: Path) -> None:
    changed(folder, a_host("silent.example"))


def late_deliveries(folder: Path) -> None:
    activity = "INSERT INTO activities (id, actor, body) VALUES (1, 'a', x'00')"
    delivery = "INSERT INTO deliveries (activity_id, host, inbox, queued_at) VALUES (1, 'silent.example', 'i', 1)"
    changed(folder, a_host("silent.example", 2**50), activity, delivery)


def wrong_key(folder: Path) -> None:
    with (folder / "pod.toml").open("a") as config:
        config.write('\n[log]\nlevle = "info"\n')


ILLS: list[tuple[Callable[[Path], None], str, str]] = [
    (key_for_all, "key file", "fail"),
    (key_in_the_open, "key file", "warn"),
    (no_key, "key file", "fail"),
    (another_key, "keys", "fail"),
    (read_only_media, "media folder", "fail"),
    (another_name, "name", "fail"),
    (lost_index, "indexes", "fail"),
    (orphans, "orphan rows", "warn"),
    (wrong_score, "projections", "fail"),
    (damaged_pages, "integrity", "fail"),
    (no_mail_server, "mail", "fail"),
    (old_account, "backup", "warn"),
    (silent_host, "dead hosts", "warn"),
    (late_deliveries, "queue", "warn"),
    (wrong_key, "configuration", "fail"),
    (old_tables, "migrations", "fail"),
    (no_database, "database", "fail"),
    (broken_database, "database", "fail"),
    (open_folder, "data folder", "warn"),
    (shifted_clock, "clock", "warn"),
    (old_wait, "waiting", "warn"),
    (strange_floor, "floor", "warn"),
]


@pytest.mark.parametrize(("spoil", "check", "level"), ILLS, ids=[ill[0].__name__.replace("_", "-") for ill in ILLS])
def test_op_06_the_doctor_finds_each_ill_and_tells_the_mend(
    copy: Path, spoil: Callable[[Path], None], check: str, level: str
) -> None:
    spoil(copy)
    code, findings = doctor(copy)
    assert checks(findings)[check] == level, findings
    assert code >= CODES[level], findings
    ill = next(finding for finding in findings if finding["check"] == check and finding["level"] == level)
    assert ill["mend"].endswith(".")


@pytest.mark.parametrize(("spoil", "worst"), [(orphans, 1), (lost_index, 2)], ids=["warn", "fail"])
def test_op_06_the_exit_code_is_the_worst_level(copy: Path, spoil: Callable[[Path], None], worst: int) -> None:
    spoil(copy)
    assert doctor(copy)[0] == worst


def test_op_06_what_can_be_mended_is_mended(copy: Path) -> None:
    for spoil in (lost_index, orphans, key_for_all, open_folder):
        spoil(copy)
    cured = {"indexes", "orphan rows", "key file", "data folder"}
    assert {name for name, level in checks(doctor(copy)[1]).items() if level != "ok"} - {"disk"} == cured
    code, findings = doctor(copy, "--fix")
    assert code in (0, 1), findings
    assert {name for name, level in checks(findings).items() if level != "ok"} <= {"disk"}
    with closing(sqlite3.connect(copy / "pod.sqlite")) as database:
        names = {name for (name,) in database.execute("SELECT name FROM tokens")}
    assert "old" not in names
    assert names  # the token that has an owner stays


def test_a_port_that_something_else_holds_is_told(copy: Path, sound: ServedPod) -> None:
    with socket.create_server((sound.host, PORT + FREE_PORT)):
        code, findings = doctor(copy)
    assert (code, checks(findings)["port"]) == (2, "fail")


@contextmanager
def peers(*skews: timedelta) -> Iterator[list[str]]:
    """Other servers whose clocks are wrong by so much."""

    def a_server(number: int, skew: timedelta) -> ThreadingHTTPServer:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_error(404)

            def date_time_string(self, timestamp: float | None = None) -> str:
                del timestamp
                return format_datetime(datetime.now(UTC) + skew, usegmt=True)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return ThreadingHTTPServer((f"127.77.{worker_number()}.{40 + number}", 8041), Answer)

    servers = [a_server(number, skew) for number, skew in enumerate(skews)]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield [f"{server.server_address[0]!s}:8041" for server in servers]
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


BEHIND = timedelta(hours=-2)


@pytest.mark.parametrize(
    ("skews", "level", "said"),
    [
        ([BEHIND], "warn", "7200 s ahead of 1 other servers"),
        ([BEHIND, BEHIND, BEHIND], "fail", "7200 s ahead of 3 other servers"),
        ([timedelta(0), timedelta(0), BEHIND], "ok", "of 3 other servers"),
        ([-BEHIND, -BEHIND], "fail", "behind 2 other servers"),
        ([], "ok", "nobody yet to ask"),
    ],
    ids=["one", "all", "one of three", "ahead", "nobody"],
)
def test_op_06_a_clock_that_others_do_not_share_is_told(
    copy: Path, skews: list[timedelta], level: str, said: str
) -> None:
    with peers(*skews) as hosts:
        for host in hosts:
            changed(copy, f"INSERT INTO hosts (host, last_succeeded_at) VALUES ('{host}', 1)")
        findings = doctor(copy)[1]
    (finding,) = (finding for finding in findings if finding["check"] == "clock of others")
    assert finding["level"] == level
    assert said.replace("7200", "") in re.sub(r"\b(7199|7200|7201)\b", "", finding["says"])


def test_op_06_a_base_url_that_leads_elsewhere_is_told(sound: ServedPod, copy: Path) -> None:
    """The configuration names a server that is there, but isn't this pod."""
    text = (copy / "pod.toml").read_text().replace(f"port = {PORT + FREE_PORT}", f"port = {PORT}")
    with peers(timedelta(0)) as (host,):
        (copy / "pod.toml").write_text(re.sub("base_url = .*", f'base_url = "http://{host}"', text))
        findings = doctor(copy)[1]
    found = checks(findings)
    assert {name: found[name] for name in ("base url", "webfinger", "nodeinfo")} == dict.fromkeys(
        ("base url", "webfinger", "nodeinfo"), "fail"
    )
    (finding,) = (finding for finding in findings if finding["check"] == "base url")
    assert f"http://{host} doesn't lead to this pod" in finding["says"]
    # Another pod may answer there, too: it is told by its key.
    (copy / "pod.toml").write_text(text)
    changed(copy, "UPDATE actor_keys SET rsa_public = 'another'", "DELETE FROM actor_keys WHERE path = 'actor'")
    (finding,) = (finding for finding in doctor(copy)[1] if finding["check"] == "base url")
    assert (finding["level"], "another pod answers" in finding["says"]) == ("fail", True)
    del sound


def test_n9_a_wish_for_an_account_without_an_invitation_has_lost_no_owner(copy: Path) -> None:
    columns = "visit, name, address, reason, language, invite_id, state, said, created_at, changed_at"
    wish = "x'00', 'bo', 'b@x.example', '', 'en', NULL, 'waiting', '', 1, 1"
    changed(copy, f"INSERT INTO sign_ups ({columns}) VALUES ({wish})")
    assert checks(doctor(copy, "--fix")[1])["orphan rows"] == "ok"
    with closing(sqlite3.connect(copy / "pod.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM sign_ups").fetchone() == (1,)


def test_n6_a_database_that_does_not_open_is_told_in_one_line_without_addresses_for_programmers(copy: Path) -> None:
    (copy / "pod.sqlite").write_bytes(b"no database" * 1000)
    (finding,) = (finding for finding in doctor(copy)[1] if finding["check"] == "database")
    assert finding["level"] == "fail"
    assert "\n" not in finding["says"]
    assert "sqlalche" not in finding["says"]
