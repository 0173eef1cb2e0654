"""What every command needs: the configuration of a data folder, and an action run on the pod's parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from federation.safe_http import SafeHttp
from models.engines import open_database
from models.writer import running_writer
from pod.app import USER_AGENT
from pod.clock import Clock
from pod.config import Config, ConfigError, load_config
from pod.deps import Deps
from pod.keyring import KeyringError, open_keyring
from protocol.errors import RefusedError

T = TypeVar("T")

data_option = click.option("--data", type=click.Path(path_type=Path), default=Path("data"), help="The data folder.")


def run_action(config: Config, act: Callable[[Deps], Awaitable[T]]) -> T:
    """Run `act` on the parts of a pod, which need not be serving; a refusal becomes the command's error."""

    async def run() -> T:
        database = await open_database(config.database_url)
        try:
            async with (
                running_writer(database) as writer,
                SafeHttp(USER_AGENT, allow_networks=config.federation.allow_networks) as http,
            ):
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


def configuration(data: Path) -> Config:
    """The configuration in a data folder."""
    try:
        return load_config(data / "pod.toml")
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
