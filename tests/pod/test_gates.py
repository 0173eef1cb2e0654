"""A request passes the gates that concern its route, outermost first, and no other; a stranger's inbox passes four."""

from __future__ import annotations

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from pod.app import GATES, make_routes
from pod.budgets.bodies import read_bodies
from pod.budgets.payers import take_turns
from pod.contracts import contract_of
from pod.gates import Gate, every, through, unmatched
from pod.middleware import answer_refusals, tell_requests
from pod.web.kit.problem_page import show_problems
from pod.web.kit.visitors import has_visitors, know_visitors

EVERYBODYS = [tell_requests, answer_refusals, take_turns, read_bodies]


class Passed:
    """An application whose gates say that they were passed, and which routes they were asked about."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.asked: list[str] = []

    def app(self) -> web.Application:
        async def answer(_: web.Request) -> web.Response:
            return web.Response()

        gates = [Gate(self.gate("outer")), Gate(self.gate("of a"), self.is_a), Gate(self.gate("inner"))]
        app = web.Application(middlewares=[through([*gates, Gate(self.gate("of none"), unmatched)])])
        app.router.add_get("/a", answer)
        app.router.add_get("/b/{number}", answer)
        return app

    def gate(self, name: str) -> Middleware:
        @web.middleware
        async def passes(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.passed.append(name)
            return await handler(request)

        return passes

    def is_a(self, match: UrlMappingMatchInfo) -> bool:
        resource = match.route.resource
        self.asked.append(resource.canonical if resource else "")
        return resource is not None and resource.canonical == "/a"


async def test_a_request_passes_what_concerns_its_route_which_is_found_out_once() -> None:
    office = Passed()
    async with TestClient(TestServer(office.app())) as client:

        async def ask(path: str) -> list[str]:
            office.passed.clear()
            async with client.get(path):
                return office.passed[:]

        assert [await ask("/a") for _ in range(2)] == 2 * [["outer", "of a", "inner"]]
        assert [await ask(f"/b/{number}") for number in range(3)] == 3 * [["outer", "inner"]]
        assert [await ask(f"/c/{number}") for number in range(2)] == 2 * [["outer", "inner", "of none"]]
        assert office.asked == ["/a", "/b/{number}", "", ""]


def test_a_delivery_passes_four_layers_and_a_page_is_shown_to_somebody() -> None:
    app = web.Application()
    make_routes(app)
    passes = {
        f"{route.method} {route.resource.canonical}": [
            gate.middleware for gate in GATES if gate.concerns(UrlMappingMatchInfo({}, route))
        ]
        for route in app.router.routes()
        if route.resource is not None
    }
    assert passes["POST /inbox"] == passes["POST /u/{name}/inbox"] == EVERYBODYS
    for route, gates in passes.items():
        assert [gate for gate in gates if gate in EVERYBODYS] == EVERYBODYS, route
        assert (show_problems not in gates) or know_visitors in gates, route
    assert show_problems in passes["GET /g/{group}"]
    feed = passes["GET /g/{group}/log.atom"]
    assert know_visitors in feed
    assert show_problems not in feed


def test_whatever_is_asked_of_a_group_has_a_contract_and_a_visitor() -> None:
    app = web.Application()
    make_routes(app)
    of_groups = [
        route
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/g/")
    ]
    assert len(of_groups) > 20
    assert all(contract_of(route.handler) is not None for route in of_groups)
    assert all(has_visitors(UrlMappingMatchInfo({}, route)) for route in of_groups)
    assert every(UrlMappingMatchInfo({}, of_groups[0]))
