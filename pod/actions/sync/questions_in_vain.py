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
    """Around a request to a server: a RemoteError or refusal is counted; raises TooManyTriesError after too many."""
    await deps.store.limits.check(IN_VAIN, server_of(pod), now=deps.clock())
    try:
        yield
    except (RemoteError, RefusedError):
        await count_in_vain(deps, pod)
        raise


async def count_in_vain(deps: Deps, pod: str) -> None:
    """Count a failed request; raises TooManyTriesError after too many."""
    await deps.store.limits.take(IN_VAIN, server_of(pod), now=deps.clock())


def server_of(pod: str) -> str:
    """The host by which requests are counted, without the port, because one host can have many ports."""
    return origin_of(pod).host
