"""The composition root: opens database, keys and the door out, serves HTTP, and runs the pod's two loops."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import web, web_response
from yarl import URL

from federation.addresses import normal_authority
from federation.known_keys import KnownKeys
from federation.shares import Shares
from federation.signatures import Policy
from pod import activitypub, feeds
from pod.actions.fediverse.actors import fetch_document
from pod.activitypub.documents import answer_held, is_shared
from pod.answers import Answers
from pod.api import (
    chain,
    comments,
    content,
    delegations,
    grants,
    groups,
    health,
    openapi,
    peers,
    people,
    poll_phases,
    poll_templates,
    polls,
    predictors,
    proposals,
    recovery,
    switches,
)
from pod.app_keys import ANSWERS, DEPS, KEYS, MEASURES, POLICY, REPLAY
from pod.budgets.bodies import ALL_BYTES, BODIES, HANDLER, LONGEST_FORM_BYTES, SHARE_BYTES, read_bodies
from pod.budgets.connections import CountingLoop
from pod.budgets.payers import PROCESSOR, take_turns
from pod.budgets.processor import Processor
from pod.budgets.steps import charged
from pod.clock import Clock
from pod.config import Config
from pod.gates import Gate, through, unmatched
from pod.jobs.loops import Loops
from pod.keyring import open_keyring
from pod.known_keys import StoredKeys
from pod.logs import configure_logs
from pod.measures import Measures
from pod.middleware import answer_refusals, tell_requests
from pod.parts import assemble
from pod.seen_signatures import SeenSignatures
from pod.web import routing
from pod.web.kit.once import take_once
from pod.web.kit.problem_page import may_show_problem, show_problems
from pod.web.kit.sent_file import MOST_AT_ONCE, UPLOADS
from pod.web.kit.visitors import has_visitors, know_visitors
from pod.web.moving.from_file import MOST_SENDING, SENDING

SOFTWARE = "Althing"
COLLECT_AFTER_OBJECTS = 50_000
GIVES_WAY_SECONDS = 0.0005
# An address with a slash at its end is redirected to the one without.
without_slash = web.normalize_path_middleware(append_slash=False, remove_slash=True, merge_slashes=False)
GATES = (
    Gate(tell_requests),
    Gate(answer_refusals),
    Gate(answer_held, is_shared),
    Gate(without_slash, unmatched),
    Gate(show_problems, may_show_problem),
    Gate(take_turns),
    Gate(read_bodies),
    Gate(know_visitors, has_visitors),
    Gate(take_once, has_visitors),
)
_LOG = logging.getLogger(__name__)


async def make_app(config: Config) -> web.Application:
    """The application of one pod; its parts open at start-up and close in reverse order."""
    app = web.Application(middlewares=(through(GATES),), client_max_size=LONGEST_FORM_BYTES, handler_args=HANDLER)
    keyring = open_keyring(config.key_file)
    url = URL(config.base_url)
    app[POLICY] = Policy(frozenset({normal_authority(url.host_port_subcomponent or "", url.scheme)}))
    app[MEASURES] = Measures()
    app[PROCESSOR] = Processor(asyncio.get_running_loop())
    app[SENDING] = Shares(each=1, whole=MOST_SENDING)
    app[BODIES] = Shares(each=SHARE_BYTES, whole=ALL_BYTES)
    app[UPLOADS] = Shares(each=1, whole=MOST_AT_ONCE)
    make_routes(app)

    async def parts(app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            loops = Loops(Clock(config.clock_file), app[PROCESSOR])
            app[DEPS] = deps = await assemble(config, keyring, loops, stack)
            deps.store.writer.told = app[PROCESSOR].order.write
            app[ANSWERS] = Answers(deps.store.database.version)
            app[REPLAY] = SeenSignatures(deps.store.writer)
            app[KEYS] = keys = KnownKeys(lambda url: charged(fetch_document)(deps, url), StoredKeys(deps.store))
            running = [
                asyncio.create_task(loops.run(deps, keys.distrust), name="loops"),
                asyncio.create_task(deps.outside.mailer.run(), name="mails"),
            ]
            for task in running:
                task.add_done_callback(_tell_of_an_end)
            try:
                yield
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)

    app.cleanup_ctx.append(parts)
    return app


def _tell_of_an_end(running: asyncio.Task[None]) -> None:
    """Log a background task that ended too early, which is a bug. /readyz reports it, too, for the loops."""
    if not running.cancelled() and (error := running.exception()) is not None:
        _LOG.error("the %s ended", running.get_name(), exc_info=error)


def make_routes(app: web.Application) -> None:
    """Add every route that a pod serves."""
    decided = (polls, poll_phases, poll_templates, delegations, predictors, comments)
    moved = (grants, switches)
    areas = (peers, groups, content, chain, people, *decided, proposals, recovery, *moved, openapi, health)
    for routes in (*activitypub.ROUTES, *feeds.ROUTES, *(area.routes for area in areas), *routing.ROUTES):
        app.add_routes(routes)


def _say_no_versions() -> None:
    """Make the `Server` header name the software without versions, also in the library's own answers."""
    vars(web_response)["SERVER_SOFTWARE"] = SOFTWARE  # the library has no setting for this


def serve(config: Config, *, shares_port: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C; with `shares_port`, other processes may listen on the port, too."""
    configure_logs(config.log)
    _say_no_versions()
    # Requests leave almost no cycles, and the default, a search after every 700 objects, takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
    # The longest time that a computing thread keeps the event loop waiting.
    sys.setswitchinterval(GIVES_WAY_SECONDS)
    web.run_app(
        _started(config),
        host=config.server.listen,
        port=config.server.port,
        reuse_port=shares_port or None,
        print=_say,
        access_log=None,
        loop=CountingLoop(),
    )


async def _started(config: Config) -> web.Application:
    return await make_app(config)


def _say(*parts: Any) -> None:
    _LOG.info(" ".join(map(str, parts)))
