"""The composition root: opens database, keys and the door out, serves HTTP, and runs the pod's two loops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import web
from yarl import URL

from federation.addresses import normal_authority
from federation.safe_http import SafeHttp
from federation.signatures import Policy, ReplayCache
from models.engines import open_database
from models.writer import running_writer
from pod.actor_keys import open_actor_key, public_pem
from pod.api import activitypub, groups, people, recovery
from pod.app_keys import ACTOR_PEM, DEPS, POLICY, PUBLIC_PEM, REPLAY
from pod.clock import Clock
from pod.config import Config
from pod.deps import Deps
from pod.jobs.loops import Loops
from pod.keyring import Keyring, open_keyring
from pod.middleware import answer_refusals

USER_AGENT = "Althing/0.1"
_LOG = logging.getLogger(__name__)


async def make_app(config: Config) -> web.Application:
    """The application of one pod; its parts open at start-up and close in reverse order."""
    app = web.Application(middlewares=[answer_refusals], client_max_size=1024 * 1024)
    keyring = open_keyring(config.key_file)
    pem = open_actor_key(config.key_file, keyring)
    app[ACTOR_PEM], app[PUBLIC_PEM] = pem, public_pem(pem)
    url = URL(config.base_url)
    app[POLICY] = Policy(frozenset({normal_authority(url.host_port_subcomponent or "", url.scheme)}))
    app[REPLAY] = ReplayCache()
    app[activitypub.KEYS] = {}
    for routes in (activitypub.routes, groups.routes, people.routes, recovery.routes):
        app.add_routes(routes)

    async def parts(app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            loops = Loops(Clock(config.clock_file))
            app[DEPS] = await _open_parts(config, keyring, loops, stack)
            running = asyncio.create_task(loops.run(app[DEPS], pem), name="loops")
            try:
                yield
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    app.cleanup_ctx.append(parts)
    return app


async def _open_parts(config: Config, keyring: Keyring, loops: Loops, stack: AsyncExitStack) -> Deps:
    database = await open_database(config.database_url)
    stack.push_async_callback(database.close)
    writer = await stack.enter_async_context(running_writer(database))
    http = await stack.enter_async_context(SafeHttp(USER_AGENT, allow_networks=config.federation.allow_networks))
    return Deps(
        config,
        loops.clock,
        database,
        writer,
        keyring,
        http,
        wake=loops.wake,
        deliver=loops.deliver,
        behind=loops.behind,
    )


def serve(config: Config) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=config.log.level.upper())
    web.run_app(_started(config), host=config.server.listen, port=config.server.port, print=_say)


async def _started(config: Config) -> web.Application:
    return await make_app(config)


def _say(*words: Any) -> None:
    _LOG.info(" ".join(map(str, words)))
