"""`pod serve` starts only on tables of its own version; on PostgreSQL several processes share the work."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Final

import click

from models.engine.outage import is_unreachable
from pod.actions.accounts.first_admin import make_setup_link, nobody_runs_it, setup_url
from pod.app import serve
from pod.cli.base import run_action
from pod.cli.database import refuse_unless_current
from pod.cli.options import configuration, data_option
from pod.clock import elapsed_ms, steady_ns
from pod.config import Config

MOST_PROCESSES: Final = 64
LOOK_EVERY_SECONDS: Final = 0.2
SHORT_MS: Final = 10_000
MOST_SHORT_LIVES: Final = 5  # in a row, after which a process that ends at once isn't started any more
STOPPED_WITHIN_MS: Final = 70_000
BREATH_SECONDS: Final = 0.02
DATABASE_EVERY_SECONDS: Final = 0.5


@click.command(name="serve")
@data_option
@click.option("--port", default=None, type=int, help="Must be that of the configuration when given.")
@click.option("--processes", default=1, type=click.IntRange(1, MOST_PROCESSES), help="On PostgreSQL: how many serve.")
def serve_command(data: Path, port: int | None, processes: int) -> None:
    """Serve until Ctrl-C."""
    config = configuration(data)
    if port is not None and port != config.server.port:
        raise click.ClickException(f"pod.toml says port {config.server.port}; change it there.")
    if processes > 1:
        _refuse_unless_shared(config)
    refuse_unless_current(config)
    # It doesn't go into a log: a reader of the log could become the first admin. `pod setup-link` prints it there, too.
    if sys.stdout.isatty() and run_action(config, nobody_runs_it):
        link = setup_url(config.base_url, run_action(config, make_setup_link))
        click.echo(f"Nobody runs this pod yet. Open this once, within an hour: {link}")
    click.echo(f"Serving {config.base_url}")
    if processes > 1:
        if (code := Children(processes).run()) is not None:
            sys.exit(code)
        _wait_for_database(config)
    serve(config, shares_port=processes > 1)


def _wait_for_database(config: Config) -> None:
    """Return once the database answers with tables of this version; since the first start others may lie there."""
    told, breath = False, threading.Event()
    while True:
        try:
            return refuse_unless_current(config)
        except Exception as error:
            if not is_unreachable(error):
                raise
        if not told:
            click.echo("The database can't be reached; this process serves once it answers.", err=True)
        told = True
        breath.wait(DATABASE_EVERY_SECONDS)


def _refuse_unless_shared(config: Config) -> None:
    if config.database_url.startswith("sqlite"):
        raise click.ClickException(
            "SQLite lets one process write at a time, so more of them would only wait for each other."
            " `--processes` needs PostgreSQL: see `database` in pod.toml."
        )
    if not hasattr(os, "fork"):
        raise click.ClickException("This system can't share a port among processes.")


class Children:
    """Processes that serve at one port. One that dies is started again; if that doesn't help, all end, with code 1.

    They are forks: the slow imports are done already, so a killed one is replaced in a moment. If what
    keeps them is killed itself, they end, too: they would serve beside those of the next start.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._running: dict[int, int] = {}
        self._short_lives = 0
        self._stopping = threading.Event()
        self._leash = os.pipe()  # nothing is written: it is closed with the last who could, and that is the parent

    def run(self) -> int | None:
        """Keep them running until SIGTERM or Ctrl-C; the exit code. None in each of them: it is to serve now."""
        parent = os.getpid()
        before = {name: signal.signal(name, self._stop) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._stopping.is_set() and self._short_lives < MOST_SHORT_LIVES:
                self._bury()
                if self._start_missing():
                    break
                self._stopping.wait(LOOK_EVERY_SECONDS)
        finally:
            if os.getpid() == parent:
                self._end_all()
            for name, handler in before.items():
                signal.signal(name, handler)
        if self._stopping.is_set():
            return 0
        if os.getpid() != parent:
            return None
        click.echo(f"{MOST_SHORT_LIVES} processes in a row ended at once; see what they said above.", err=True)
        return 1

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _start_missing(self) -> bool:
        """Start as many as are missing; True in one that was started."""
        for _ in range(self._count - len(self._running)):
            started = os.fork()
            if not started:
                os.close(self._leash[1])
                threading.Thread(target=_end_with_parent, args=(self._leash[0],), daemon=True).start()
                return True
            self._running[started] = steady_ns()
        return False

    def _bury(self) -> None:
        for process in list(self._running):
            if (code := _ended(process)) is None:
                continue
            lived_ms = elapsed_ms(self._running.pop(process))
            # One that was killed may well serve if it is started again; one that ended by itself found something wrong.
            self._short_lives = self._short_lives + 1 if lived_ms < SHORT_MS and code > 0 else 0
            click.echo(f"A process ended after {lived_ms / 1000:.0f} s with code {code}; another starts.", err=True)

    def _end_all(self) -> None:
        for process in self._running:
            os.kill(process, signal.SIGTERM)
        began, nothing = steady_ns(), threading.Event()
        while self._running and elapsed_ms(began) < STOPPED_WITHIN_MS:
            self._running = {process: since for process, since in self._running.items() if _ended(process) is None}
            nothing.wait(BREATH_SECONDS)
        for process in self._running:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _end_with_parent(leash: int) -> None:
    os.read(leash, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _ended(process: int) -> int | None:
    """The exit code of a process of ours, None while it runs; minus the signal that killed it."""
    done, status = os.waitpid(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


COMMANDS = (serve_command,)
