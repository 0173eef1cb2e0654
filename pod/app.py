"""The composition root: opens database, keys and the door out, serves HTTP, and runs the pod's two loops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import uvloop
from aiohttp import web
from yarl import URL

from federation.addresses import normal_authority
from federation.known_keys import KnownKeys
from federation.safe_http import SafeHttp
from federation.signatures import Policy, ReplayCache
from models.engines import open_database
from models.writer import running_writer
from pod import activitypub
from pod.actions.actors import fetch_document
from pod.api import chain, content, groups, openapi, peers, people, recovery
from pod.app_keys import DEPS, KEYS, POLICY, PULLED, REPLAY
from pod.clock import Clock
from pod.config import Config
from pod.deps import Deps
from pod.jobs.loops import Loops
from pod.keyring import Keyring, open_keyring
from pod.logs import configure_logs
from pod.middleware import answer_refusals, tell_requests
from pod.web import pages
from pod.web.pages import show_problems

USER_AGENT = "Althing/0.1"
_LOG = logging.getLogger(__name__)


async def make_app(config: Config) -> web.Application:
    """The application of one pod; its parts open at start-up and close in reverse order."""
    app = web.Application(middlewares=[tell_requests, answer_refusals, show_problems], client_max_size=1024 * 1024)
    keyring = open_keyring(config.key_file)
    url = URL(config.base_url)
    app[POLICY] = Policy(frozenset({normal_authority(url.host_port_subcomponent or "", url.scheme)}))
    app[REPLAY] = ReplayCache()
    app[PULLED] = ReplayCache()
    make_routes(app)

    async def parts(app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            loops = Loops(Clock(config.clock_file))
            app[DEPS] = deps = await _open_parts(config, keyring, loops, stack)
            app[KEYS] = KnownKeys(partial(fetch_document, deps))
            running = asyncio.create_task(loops.run(deps), name="loops")
            try:
                yield
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    app.cleanup_ctx.append(parts)
    return app


def make_routes(app: web.Application) -> None:
    """Add every route that a pod serves."""
    areas = (peers, groups, content, chain, people, recovery, openapi, pages)
    for routes in (*activitypub.ROUTES, *(area.routes for area in areas)):
        app.add_routes(routes)


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
        heard=loops.heard,
    )


@asynccontextmanager
async def open_parts(config: Config) -> AsyncIterator[Deps]:
    """The parts of a pod that doesn't serve: for commands. Nothing is sealed or sent; that waits for the next start."""
    async with AsyncExitStack() as stack:
        yield await _open_parts(config, open_keyring(config.key_file), Loops(Clock(config.clock_file)), stack)


def serve(config: Config) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    configure_logs(config.log)
    web.run_app(
        _started(config),
        host=config.server.listen,
        port=config.server.port,
        print=_say,
        access_log=None,
        loop=uvloop.new_event_loop(),
    )


async def _started(config: Config) -> web.Application:
    return await make_app(config)


def _say(*words: Any) -> None:
    _LOG.info(" ".join(map(str, words)))
