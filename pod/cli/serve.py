"""The server itself: it starts on tables of its own version only; several processes share the work on PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Final

import click

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
STOPPED_WITHIN_SECONDS: Final = 70.0


@click.command(name="serve")
@data_option
@click.option("--port", default=None, type=int, help="Must be that of the configuration when given.")
@click.option("--processes", default=1, type=click.IntRange(1, MOST_PROCESSES), help="On PostgreSQL: how many serve.")
@click.option("--sharing-port", is_flag=True, hidden=True)
def serve_command(data: Path, port: int | None, processes: int, *, sharing_port: bool) -> None:
    """Serve until Ctrl-C."""
    config = configuration(data)
    if port is not None and port != config.server.port:
        raise click.ClickException(f"pod.toml says port {config.server.port}; change it there.")
    if processes > 1:
        _refuse_unless_shared(config)
    refuse_unless_current(config)
    # Into a log it doesn't go: whoever reads that would be the first admin. `pod setup-link` prints it there, too.
    if sys.stdout.isatty() and not sharing_port and run_action(config, nobody_runs_it):
        link = setup_url(config.base_url, run_action(config, make_setup_link))
        click.echo(f"Nobody runs this pod yet. Open this once, within an hour: {link}")
    click.echo(f"Serving {config.base_url}")
    if processes > 1:
        sys.exit(Children(data, processes).run())
    serve(config, shares_port=sharing_port)


def _refuse_unless_shared(config: Config) -> None:
    if config.database_url.startswith("sqlite"):
        raise click.ClickException(
            "SQLite lets one process write at a time, so more of them would only wait for each other."
            " `--processes` needs PostgreSQL: see `database` in pod.toml."
        )
    if not hasattr(signal, "SIGCHLD"):
        raise click.ClickException("This system can't share a port among processes.")


class Children:
    """Processes that serve at one port. One that dies is started again; if that doesn't help, all end, with code 1."""

    def __init__(self, data: Path, count: int) -> None:
        self._command = [sys.executable, "-m", "pod", "serve", "--data", str(data), "--sharing-port"]
        self._count = count
        self._running: dict[subprocess.Popen[bytes], int] = {}
        self._short_lives = 0
        self._stopping = threading.Event()

    def run(self) -> int:
        """Keep them running until SIGTERM or Ctrl-C; the exit code."""
        before = {name: signal.signal(name, self._stop) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._stopping.is_set() and self._short_lives < MOST_SHORT_LIVES:
                self._bury()
                self._start_missing()
                self._stopping.wait(LOOK_EVERY_SECONDS)
        finally:
            self._end_all()
            for name, handler in before.items():
                signal.signal(name, handler)
        if not self._stopping.is_set():
            click.echo(f"{MOST_SHORT_LIVES} processes in a row ended at once; see what they said above.", err=True)
        return 0 if self._stopping.is_set() else 1

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _start_missing(self) -> None:
        for _ in range(self._count - len(self._running)):
            # Our own program, as this process was started itself.
            self._running[subprocess.Popen(self._command)] = steady_ns()  # noqa: S603

    def _bury(self) -> None:
        for process in [one for one in self._running if one.poll() is not None]:
            lived_ms = elapsed_ms(self._running.pop(process))
            # One that was killed may well serve if it is started again; one that ended by itself found something wrong.
            short = lived_ms < SHORT_MS and process.returncode > 0
            self._short_lives = self._short_lives + 1 if short else 0
            said = f"A process ended after {lived_ms / 1000:.0f} s with code {process.returncode}; another starts."
            click.echo(said, err=True)

    def _end_all(self) -> None:
        for process in self._running:
            process.terminate()
        began = steady_ns()
        for process in self._running:
            try:
                process.wait(max(0.0, STOPPED_WITHIN_SECONDS - elapsed_ms(began) / 1000))
            except subprocess.TimeoutExpired:
                process.kill()


COMMANDS = (serve_command,)
