"""`pod demo`: a village on two pods of this machine, to be looked at in a browser."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path

import click

from federation.errors import RemoteError
from pod.demo.folder import PREFIX, NotOursError, leftovers, wipe
from pod.demo.story import play


@click.command()
@click.option("--port", default=8181, show_default=True, help="Two free ports are taken from here on.")
@click.option("--check", is_flag=True, help="Play it once, end the pods, and exit with 0.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Keep the village there.")
@click.option("--wipe", "wiping", is_flag=True, help="Remove what killed demos left, or the one in --folder.")
def demo(port: int, folder: Path | None, *, check: bool, wiping: bool) -> None:
    """Start two pods with a small community, and serve it until Ctrl-C. Without --folder it is thrown away then."""
    try:
        if wiping:
            _wipe([folder] if folder else leftovers())
        elif folder:
            asyncio.run(_until_told(folder, port, stay=not check))
        else:
            with tempfile.TemporaryDirectory(prefix=PREFIX) as room:
                asyncio.run(_until_told(Path(room), port, stay=not check))
    except (TimeoutError, RuntimeError, RemoteError, NotOursError) as error:
        raise click.ClickException(str(error)) from error


def _wipe(folders: list[Path]) -> None:
    for folder in folders:
        wipe(folder)
        click.echo(f"Removed the demo in {folder}.")
    if not folders:
        click.echo("There is nothing to remove.")


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
