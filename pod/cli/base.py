"""What every command needs: the configuration of a data folder, and an action run on the pod's parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from pod.app import open_parts
from pod.config import Config, ConfigError, load_config
from pod.deps import Deps
from pod.keyring import KeyringError
from protocol.errors import RefusedError

T = TypeVar("T")

data_option = click.option("--data", type=click.Path(path_type=Path), default=Path("data"), help="The data folder.")

json_option = click.option("--json", is_flag=True, help="For machines.")


def as_json(value: object) -> str:
    """What `--json` prints."""
    return msgspec.json.encode(value).decode()


def run_action(config: Config, act: Callable[[Deps], Awaitable[T]]) -> T:
    """Run `act` on the parts of a pod, which need not be serving; a refusal becomes the command's error."""

    async def run() -> T:
        async with open_parts(config) as deps:
            return await act(deps)

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
