"""The OpenAPI document names every route that a pod serves, each with types."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import web

from pod.api.openapi import openapi_of
from pod.app import make_routes
from pod.contracts import HTML, contract_of


@pytest.fixture(scope="module")
def app() -> web.Application:
    app = web.Application()
    make_routes(app)
    return app


@pytest.fixture(scope="module")
def document(app: web.Application) -> dict[str, Any]:
    return openapi_of(app)


def served(app: web.Application) -> set[tuple[str, str]]:
    return {
        (route.resource.canonical, route.method.lower())
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and not is_page(route)
    }


def is_page(route: web.AbstractRoute) -> bool:
    """Pages stand in docs/pages.md; the document is for programs."""
    stated = contract_of(route.handler)
    return stated is not None and stated.media_type == HTML


def test_every_route_that_a_pod_serves_has_a_contract(app: web.Application) -> None:
    assert [str(route) for route in app.router.routes() if contract_of(route.handler) is None] == []


def test_the_document_names_every_route_and_no_other(app: web.Application, document: dict[str, Any]) -> None:
    told = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert told == served(app)
    assert len(told) > 30


def test_a_route_without_a_contract_is_not_passed_over() -> None:
    async def forgotten(_: web.Request) -> web.Response:
        return web.Response()

    other = web.Application()
    other.router.add_get("/forgotten", forgotten)
    with pytest.raises(LookupError, match="/forgotten"):
        openapi_of(other)


def test_every_operation_has_a_summary_and_its_own_name(document: dict[str, Any]) -> None:
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert [operation for operation in operations if not operation["summary"].endswith(".")] == []
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)


def test_every_parameter_of_a_path_is_told(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            told = {entry["name"] for entry in operation["parameters"] if entry["in"] == "path"}
            assert told == set(re.findall(r"{(\w+)}", path)), path


def test_every_json_answer_under_the_api_has_a_schema(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            (answer,) = (answers for status, answers in operation["responses"].items() if status != "default")
            if path.startswith("/api/v1/"):
                assert answer["content"]["application/json"]["schema"], path


def test_every_reference_leads_to_a_component(document: dict[str, Any]) -> None:
    components = document["components"]["schemas"]

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for entry in node for found in references(entry)] if isinstance(node, list) else []

    named = references(document)
    assert named
    assert {name.removeprefix("#/components/schemas/") for name in named} <= components.keys()


def test_a_body_that_writes_needs_a_token(document: dict[str, Any]) -> None:
    writing = [
        operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        # Who recovers an account has no token yet: the 24 words prove who it is.
        if path.startswith("/api/v1/") and method != "get" and path != "/api/v1/recoveries"
    ]
    assert writing
    assert [operation["operationId"] for operation in writing if operation.get("security") != [{"token": []}]] == []
