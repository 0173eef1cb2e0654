"""A held document is answered before anything else is done for it, of the database as it is now, and somebody pays."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from pod.activitypub.documents import HELD_NS, answer_held, shared
from pod.answers import Answers
from pod.app_keys import ANSWERS
from pod.budgets import payers
from pod.budgets.payers import PROCESSOR
from pod.budgets.processor import MUCH, Processor
from tests.pod.budgets.test_processor import SetTimer


class Office:
    """An application with one document, which says the number of the database."""

    def __init__(self) -> None:
        self.version, self.passed = 1, 0
        self.processor = Processor(SetTimer())

    async def ask_version(self) -> int:
        return self.version

    def app(self) -> web.Application:
        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.passed += 1
            return await handler(request)

        @shared
        async def say(_: web.Request) -> web.Response:
            return web.Response(body=str(self.version).encode())

        app = web.Application(middlewares=[answer_held, count])
        app[ANSWERS], app[PROCESSOR] = Answers(self.ask_version), self.processor
        app.router.add_get("/document", say)
        return app


async def test_a_held_document_is_answered_at_once_until_anything_is_written_and_while_its_payer_may() -> None:
    office = Office()
    async with TestClient(TestServer(office.app())) as client:

        async def ask() -> tuple[str, int]:
            async with client.get("/document") as answer:
                return await answer.text(), office.passed

        assert [await ask() for _ in range(3)] == [("1", 1), ("1", 1), ("1", 1)]
        office.version = 2
        assert [await ask() for _ in range(2)] == [("2", 2), ("2", 2)]
        for _ in range(int(MUCH * 1e9) // HELD_NS):
            assert office.processor.pays_at_once("127.0.0.1", HELD_NS)
        assert office.processor.pays_at_once("198.51.100.7", HELD_NS)
        office.processor.pays_at_once("127.0.0.1", HELD_NS)
        assert await ask() == ("2", 3)  # who takes much goes where turns are given


async def test_w8_a_held_document_is_paid_by_whom_all_other_requests_of_the_address_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = Office()
    monkeypatch.setattr(payers, "address_of", lambda _: "2001:db8:1:2::/64")
    async with TestClient(TestServer(office.app())) as client:
        for _ in range(2):
            await client.get("/document")
        assert office.passed == 1
        neighbours = "2001:db8:1::/48"
        for _ in range(int(MUCH * 1e9) // HELD_NS):
            assert office.processor.pays_at_once(neighbours, HELD_NS)
        assert office.processor.pays_at_once("198.51.100.7", HELD_NS)
        office.processor.pays_at_once(neighbours, HELD_NS)
        await client.get("/document")
        assert office.passed == 2
