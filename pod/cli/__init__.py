"""`pod`: the operator's commands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from federation.safe_http import SafeHttp
from migrations import upgrade
from models.engines import open_database
from models.writer import running_writer
from pod.actions.founding import sign_up
from pod.actions.rebuilding import rebuild_projections
from pod.actor_keys import create_actor_key
from pod.app import USER_AGENT, serve
from pod.clock import Clock
from pod.config import Config, ConfigError, load_config
from pod.deps import Deps
from pod.keyring import KeyringError, create_key_file, open_keyring
from protocol.errors import RefusedError

T = TypeVar("T")
CONFIG = """\
# The configuration of one pod. Every key is explained in pod.toml.example.
[server]
base_url = "{base_url}"
listen = "{listen}"
port = {port}

[storage]
data = "{data}"
"""

data_option = click.option("--data", type=click.Path(path_type=Path), default=Path("data"), help="The data folder.")


@click.group()
def main() -> None:
    """Run and look after a pod."""


@main.command()
@data_option
@click.option("--port", default=8080, show_default=True)
@click.option("--base-url", default="", help="How others reach the pod; default http://localhost:PORT.")
@click.option("--listen", default="127.0.0.1", show_default=True)
def init(data: Path, port: int, base_url: str, listen: str) -> None:
    """Make a data folder with configuration and keys."""
    data.mkdir(parents=True, exist_ok=True)
    target = data / "pod.toml"
    if target.exists():
        raise click.ClickException(f"{target} is there already; nothing was changed.")
    folder = data.absolute()
    text = CONFIG.format(base_url=base_url or f"http://localhost:{port}", listen=listen, port=port, data=folder)
    target.write_text(text, encoding="utf-8")
    config = _config(data)
    create_key_file(config.key_file)
    create_actor_key(config.key_file, open_keyring(config.key_file))
    click.echo(f"Wrote {target} and keys. Next: pod migrate --data {data} && pod serve --data {data}")


@main.command()
@data_option
def migrate(data: Path) -> None:
    """Bring the database up to date."""
    asyncio.run(_upgrade(_config(data).database_url))
    click.echo("The database is up to date.")


async def _upgrade(url: str) -> None:
    database = await open_database(url)
    try:
        await upgrade(database)
    finally:
        await database.close()


@main.command(name="serve")
@data_option
@click.option("--port", default=None, type=int, help="Must be that of the configuration when given.")
def serve_command(data: Path, port: int | None) -> None:
    """Serve until Ctrl-C."""
    config = _config(data)
    if port is not None and port != config.server.port:
        raise click.ClickException(f"pod.toml says port {config.server.port}; change it there.")
    click.echo(f"Serving {config.base_url}")
    serve(config)


@main.command()
@data_option
@click.option("--check", is_flag=True, help="Fail if a table was different from what it promises.")
def rebuild(data: Path, *, check: bool) -> None:
    """Fold all projections anew from the records."""
    differed = _with_deps(_config(data), rebuild_projections)
    click.echo(f"Different before: {', '.join(differed)}" if differed else "Every projection was what it promises.")
    if check and differed:
        raise SystemExit(1)


@main.group()
def user() -> None:
    """People at home on this pod."""


@user.command(name="create")
@data_option
@click.argument("name")
@click.option("--token", is_flag=True, help="Print an API token, too.")
def create_user(data: Path, name: str, *, token: bool) -> None:
    """Open an account; prints the 24 words that recover it, once."""

    async def act(deps: Deps) -> dict[str, Any]:
        signed_up = await sign_up(deps, name)
        told = {"name": name, "personal_group": signed_up.personal_group, "phrase": signed_up.phrase}
        return {**told, "token": signed_up.token} if token else told

    click.echo(json.dumps(_with_deps(_config(data), act)))


def _with_deps(config: Config, act: Callable[[Deps], Awaitable[T]]) -> T:
    async def run() -> T:
        database = await open_database(config.database_url)
        try:
            async with running_writer(database) as writer, SafeHttp(USER_AGENT) as http:
                clock = Clock(config.clock_file)
                deps = Deps(
                    config,
                    clock,
                    database,
                    writer,
                    open_keyring(config.key_file),
                    http,
                    wake=lambda _group: None,
                    deliver=lambda: None,
                    behind=lambda _group, _pod: None,
                )
                return await act(deps)
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except (RefusedError, KeyringError) as error:
        raise click.ClickException(str(error)) from error


def _config(data: Path) -> Config:
    try:
        return load_config(data / "pod.toml")
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
