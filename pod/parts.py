"""A pod's parts, opened in order: for the server, and for commands beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from federation.safe_http import SafeHttp
from models.engine.databases import open_database
from models.engine.writer import running_writer
from pod.blocked_hosts import HostBlocks
from pod.clock import Clock
from pod.config import Config
from pod.deps import Deps, Outside, Signals
from pod.identity import Identity
from pod.jobs.loops import Loops
from pod.keyring import Keyring, open_keyring
from pod.mail import Mailer
from pod.store import Store

USER_AGENT: Final = "Althing/0.1"


async def assemble(config: Config, keyring: Keyring, loops: Loops, stack: AsyncExitStack) -> Deps:
    """Open database, writer and HTTP client; `stack` closes them in reverse order."""
    database = await open_database(config.database_url)
    stack.push_async_callback(database.close)
    writer = await stack.enter_async_context(running_writer(database))
    http = await stack.enter_async_context(SafeHttp(USER_AGENT, allow_networks=config.federation.allow_networks))
    store = Store(loops.clock, database, writer)
    http.admit = HostBlocks(store).admit
    return Deps(
        config,
        loops.clock,
        store,
        Identity(config.base_url, keyring),
        Outside(http, Mailer(config, loops.clock, writer)),
        Signals(loops.wake, loops.deliver, loops.behind, loops.lacks, loops.heard),
    )


@asynccontextmanager
async def open_parts(config: Config) -> AsyncIterator[Deps]:
    """The parts of a pod for a command. They seal and send nothing; that waits for the next start of the server."""
    async with AsyncExitStack() as stack:
        yield await assemble(config, open_keyring(config.key_file), Loops(Clock(config.clock_file)), stack)
