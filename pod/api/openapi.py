"""The pod's OpenAPI 3.1 document, made from its routes and the types of their contracts."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

import msgspec
from aiohttp import web

from pod.api.callers import answer
from pod.contracts import HTML, JSON, Contract, Handler, contract, contract_of

routes = web.RouteTableDef()
PARAMETER = re.compile(r"{(\w+)}")
IDS = frozenset({"group", "post", "record"})
ID_PATTERN = "^bagaaiera[a-z2-7]{51}[aq]$"
REF = "#/components/schemas/{name}"


class Problem(msgspec.Struct, frozen=True):
    """A refusal (RFC 9457). `code` is stable; docs/errors.md lists all. `rule` said no, to `facts`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    rule: str = ""
    facts: dict[str, str | int] = {}


@routes.get("/api/openapi.json")
@contract(answer=dict[str, Any])
async def get_openapi(request: web.Request) -> web.Response:
    """The OpenAPI document of all routes."""
    return answer(openapi_of(request.app))


def openapi_of(app: web.Application) -> dict[str, Any]:
    """The document of an application's routes but its pages; raises LookupError for one without contract."""
    handlers = [entry for entry in _handlers(app) if _stated(entry[0], entry[2]).media_type != HTML]
    return _document(tuple(sorted(handlers, key=lambda entry: entry[:2])))


def _handlers(app: web.Application) -> list[tuple[str, str, Handler]]:
    return [
        (route.resource.canonical, route.method.lower(), route.handler)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    ]


@cache
def _document(handlers: tuple[tuple[str, str, Handler], ...]) -> dict[str, Any]:
    contracts = [(path, method, handler, _stated(path, handler)) for path, method, handler in handlers]
    kinds = [kind for _, _, _, stated in contracts for kind in (stated.body, stated.answer) if kind is not None]
    queries = [stated.query for _, _, _, stated in contracts if stated.query]
    # Queries become parameters, so what only they name is left out of the components.
    schemas, components = msgspec.json.schema_components([*kinds, Problem], ref_template=REF)
    of_kind = dict(zip(map(repr, [*kinds, Problem]), schemas, strict=True))
    parameters = {query: _query_parameters(query) for query in queries}
    paths: dict[str, Any] = {}
    for path, method, handler, stated in contracts:
        paths.setdefault(path, {})[method] = _operation(path, method, handler, stated, of_kind, parameters)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Althing",
            "version": "1",
            "description": "Refusals are problem documents with a stable code. Weights and votes are thousandths,"
            " scores micro units, times milliseconds since 1970.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _stated(path: str, handler: Handler) -> Contract:
    stated = contract_of(handler)
    if stated is None:
        raise LookupError(f"{path} has no contract: decorate its handler with @contract.")
    return stated


def _name_of(path: str, method: str, handler: Handler) -> str:
    # ActivityPub's handlers serve several paths each, and some share their names with the API's.
    if ".activitypub." in handler.__module__:
        return re.sub(r"[^a-z0-9]+", "_", f"{method.lower()}{path.lower()}").strip("_")
    return str(getattr(handler, "__name__", f"{method}_{path}"))


def _operation(
    path: str,
    method: str,
    handler: Handler,
    stated: Contract,
    of_kind: dict[str, Any],
    parameters: dict[type[msgspec.Struct], list[dict[str, Any]]],
) -> dict[str, Any]:
    content: dict[str, Any] = {} if stated.answer is None else {"schema": of_kind[repr(stated.answer)]}
    problem = {"application/problem+json": {"schema": of_kind[repr(Problem)]}}
    operation: dict[str, Any] = {
        "operationId": _name_of(path, method, handler),
        "summary": (inspect.getdoc(handler) or "").split("\n\n", maxsplit=1)[0].replace("\n", " "),
        "parameters": _path_parameters(path) + (parameters[stated.query] if stated.query else []),
        "responses": {
            str(stated.status.value): {"description": stated.status.phrase, "content": {stated.media_type: content}},
            "default": {"description": "A refusal", "content": problem},
        },
    }
    if stated.body is not None:
        schema = of_kind[repr(stated.body)]
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    if stated.who in {"account", "reader", "puller"}:
        operation["security"] = [{"token": []}] if stated.who == "account" else [{}, {"token": []}]
    return operation


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(name)} for name in PARAMETER.findall(path)
    ]


def _path_schema(name: str) -> dict[str, Any]:
    if name in IDS:
        return {"type": "string", "pattern": ID_PATTERN}
    return {"type": "integer", "minimum": 0} if name == "number" else {"type": "string"}


def _query_parameters(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
    # Small enums are named components elsewhere; here each parameter stands for itself.
    (_,), components = msgspec.json.schema_components([query], ref_template=REF)
    own = components[query.__name__]
    required = set(own.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _resolved(schema, components)}
        for name, schema in own["properties"].items()
    ]


def _resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    rest = {name: value for name, value in schema.items() if name != "$ref"}
    return {**components[reference.rsplit("/", maxsplit=1)[-1]], **rest}
