"""Commands run actions on the parts of a pod, whether it serves or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from pod.config import Config
from pod.deps import Deps
from pod.keyring import KeyringError
from pod.parts import open_parts
from protocol.errors import RefusedError

T = TypeVar("T")


def run_action(config: Config, act: Callable[[Deps], Awaitable[T]]) -> T:
    """Run `act` on the parts of a pod; a refusal becomes the command's error."""

    async def run() -> T:
        async with open_parts(config) as deps:
            return await act(deps)

    try:
        return asyncio.run(run())
    except (RefusedError, KeyringError) as error:
        raise click.ClickException(str(error)) from error
