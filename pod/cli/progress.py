"""How far a long command has come: bars on a terminal, elsewhere a line for each finished part."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import Progress, TaskID


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Call what this gives with a part's name, how much of it is done, and how much there is."""
    if not sys.stderr.isatty():
        yield _line
        return
    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(part: str, done: int, of: int) -> None:
            if part not in tasks:
                tasks[part] = bars.add_task(part)
            bars.update(tasks[part], completed=done, total=of)

        yield show


def _line(part: str, done: int, of: int) -> None:
    if done == of:
        click.echo(f"{part}: {of} of {of}", err=True)
