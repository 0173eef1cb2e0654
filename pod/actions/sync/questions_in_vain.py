"""Servers that only a record names are asked a few times, and then now and then, until one of them answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from federation.addresses import origin_of
from federation.errors import RemoteError
from pod.deps import Deps
from protocol.errors import RefusedError

IN_VAIN: Final = "question in vain to a server"


@asynccontextmanager
async def asking(deps: Deps, pod: str) -> AsyncIterator[None]:
    """Ask a server; a RemoteError or refusal counts as in vain. Raises TooManyTriesError where too many were."""
    await deps.store.limits.check(IN_VAIN, server_of(pod), now=deps.clock())
    try:
        yield
    except (RemoteError, RefusedError):
        await count_in_vain(deps, pod)
        raise


async def count_in_vain(deps: Deps, pod: str) -> None:
    """Count a question; raises TooManyTriesError where too many were in vain."""
    await deps.store.limits.take(IN_VAIN, server_of(pod), now=deps.clock())


def server_of(pod: str) -> str:
    """By what questions are counted: ports cost nothing."""
    return origin_of(pod).host
