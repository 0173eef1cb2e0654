"""A pod's own life: made, migrated, served, its projections folded anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from migrations import upgrade
from models.engines import open_database
from pod.actions.rebuilding import rebuild_projections
from pod.app import serve
from pod.cli.base import configuration, data_option, run_action
from pod.keyring import create_key_file

CONFIG = """\
# The configuration of one pod. Every key is explained in pod.toml.example.
[server]
base_url = "{base_url}"
listen = "{listen}"
port = {port}

[storage]
data = "{data}"
"""


@click.command()
@data_option
@click.option("--port", default=8080, show_default=True)
@click.option("--base-url", default="", help="How others reach the pod; default http://localhost:PORT.")
@click.option("--listen", default="127.0.0.1", show_default=True)
def init(data: Path, port: int, base_url: str, listen: str) -> None:
    """Make a data folder with configuration and keys."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = data / "pod.toml"
    if target.exists():
        raise click.ClickException(f"{target} is there already; nothing was changed.")
    folder = data.absolute()
    text = CONFIG.format(base_url=base_url or f"http://localhost:{port}", listen=listen, port=port, data=folder)
    target.write_text(text, encoding="utf-8")
    config = configuration(data)
    config.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_key_file(config.key_file)
    click.echo(f"Wrote {target} and a key file. Next: pod migrate --data {data} && pod serve --data {data}")


@click.command()
@data_option
def migrate(data: Path) -> None:
    """Bring the database up to date."""
    asyncio.run(_upgrade(configuration(data).database_url))
    click.echo("The database is up to date.")


async def _upgrade(url: str) -> None:
    database = await open_database(url)
    try:
        await upgrade(database)
    finally:
        await database.close()


@click.command(name="serve")
@data_option
@click.option("--port", default=None, type=int, help="Must be that of the configuration when given.")
def serve_command(data: Path, port: int | None) -> None:
    """Serve until Ctrl-C."""
    config = configuration(data)
    if port is not None and port != config.server.port:
        raise click.ClickException(f"pod.toml says port {config.server.port}; change it there.")
    click.echo(f"Serving {config.base_url}")
    serve(config)


@click.command()
@data_option
@click.option("--check", is_flag=True, help="Fail if a table was different from what it promises.")
def rebuild(data: Path, *, check: bool) -> None:
    """Fold all projections anew from the records."""
    differed = run_action(configuration(data), rebuild_projections)
    click.echo(f"Different before: {', '.join(differed)}" if differed else "Every projection was what it promises.")
    if check and differed:
        raise SystemExit(1)


COMMANDS = (init, migrate, serve_command, rebuild)
