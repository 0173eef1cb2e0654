"""`pod demo`: a village on two pods of this machine, to be looked at in a browser."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path

import click

from federation.errors import RemoteError
from pod.demo.telling import play


@click.command()
@click.option("--port", default=8181, show_default=True, help="Two free ports are taken from here on.")
@click.option("--check", is_flag=True, help="Play it once, end the pods, and exit with 0.")
def demo(port: int, *, check: bool) -> None:
    """Start two pods with a small community, and serve it until Ctrl-C. Everything is thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="althing-demo-") as folder:
        try:
            asyncio.run(_until_told(Path(folder), port, stay=not check))
        except (TimeoutError, RuntimeError, RemoteError) as error:
            raise click.ClickException(str(error)) from error


async def _until_told(folder: Path, port: int, *, stay: bool) -> None:
    playing = asyncio.create_task(play(folder, port, click.echo, stay=stay))
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, playing.cancel)
    try:
        await playing
    except asyncio.CancelledError:
        click.echo("The demo is over.")
        return
    click.echo("Both pods agreed." if not stay else "")


COMMANDS = (demo,)
