"""The pod from which somebody moves, as far as a grant reads it: served from a traveller's tables, and made to lie."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web
from yarl import URL

from federation.signatures import SigningKey
from federation.signatures.keys import rsa_signing_key
from models.moving.moves import Move
from pod.actions.moving.begun_moves import _purpose
from pod.actions.moving.copy_classes import signed_manifest
from pod.actions.moving.grant_messages import ClassPage
from pod.actions.moving.left_behind import count_left_behind
from pod.deps import Deps
from protocol.copies import CLASSES
from tests.support.sinks import NOON
from tests.support.travellers import PodSource, Traveller
from tests.support.wire import rsa_pem

Lie = Callable[[bytes], bytes]


class OldPod:
    """Answers what `ada`'s pod would; `lies` change the answers of a path, `asked` are the paths that were asked."""

    def __init__(self, ada: Traveller) -> None:
        self.ada = ada
        self.source = PodSource(ada)
        self.lies: dict[str, Lie] = {}
        self.asked: list[str] = []
        self.status = 200

    async def handle(self, request: web.Request) -> web.Response:
        what = request.match_info["what"]
        self.asked.append(what)
        query = request.query
        said = await self._said(what, query.get("from", ""), query.get("until", ""))
        body = self.lies.get(what, bytes)(msgspec.json.encode(said))
        return web.Response(body=body, status=self.status, content_type="application/json")

    async def _said(self, what: str, after: str, until: str) -> object:
        deps, name = self.ada.deps, what.partition("/")[2]
        match what.partition("/")[0]:
            case "marks":
                return await self.source.marks()
            case "classes":
                page = await self.source.page(name, after, until)
                return ClassPage([msgspec.Raw(line.text) for line in page.lines], page.next)
            case "leaves":
                return await self.source.leaves(name, after)
        async with deps.store.database.read() as session:
            if what == "plan":
                return await count_left_behind(session, deps, self.ada.account, private=False)
            return await signed_manifest(session, deps, self.ada.account, now=deps.clock())


async def quick_key(*_: object) -> SigningKey:
    """A key that wasn't made for this test alone."""
    return rsa_signing_key("https://new.example/actor#main-key", rsa_pem())


@asynccontextmanager
async def an_old_pod(ada: Traveller) -> AsyncIterator[OldPod]:
    """Serve the traveller's pod at its own address for a while."""
    old, url = OldPod(ada), URL(ada.deps.identity.base_url)
    app = web.Application()
    app.router.add_get("/moves/secret/{what:.+}", old.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, url.host, url.port).start()
    try:
        yield old
    finally:
        await runner.cleanup()


def a_granted_move(deps: Deps, ada: Traveller, sha256: bytes = b"m" * 32) -> Move:
    """A move of the traveller's account that was granted just now."""
    pod = ada.deps.identity.base_url
    move = Move(sha256, "@ada", pod, ada.own, "full", "", "", None, " ".join(CLASSES), NOON, NOON, None)
    sealed = deps.identity.keyring.seal(b"secret", _purpose(move))
    return msgspec.structs.replace(move, sealed=sealed, stage="begun", stage_at=NOON, due_at=NOON)
