"""What somebody with a shell on a pod's machine does: actions on its parts, beside the pod that serves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pod.config import load_config
from pod.deps import Deps
from pod.parts import open_parts
from tests.support.rig import ServedPod

T = TypeVar("T")


def act(pod: ServedPod, action: Callable[[Deps], Awaitable[T]]) -> T:
    """Run an action on a pod's folder."""

    async def run() -> T:
        async with open_parts(load_config(pod.folder / "pod.toml")) as deps:
            return await action(deps)

    return asyncio.run(run())
