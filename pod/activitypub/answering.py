"""ActivityPub documents are answered under the one type that every server takes, or by the page of the same thing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from federation.content_types import prefers_page
from protocol.canonical import JsonObject
from protocol.ids import parse_id

# Lemmy compares the whole field, so neither the space nor the case is free (federation §1.1).
CONTENT_TYPE: Final = "application/activity+json; charset=utf-8"
VARY: Final = "Accept, Signature"


def answer(document: JsonObject, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """An ActivityPub document."""
    headers = {"Content-Type": CONTENT_TYPE, "Vary": VARY}
    return web.Response(body=msgspec.json.encode(document), status=status.value, headers=headers)


def show(request: web.Request, document: JsonObject, *, page: str) -> web.Response:
    """The document, or for a browser the way to the page of that name, once there is such a page.

    A page is a route named `page` with the same parts in its path; while there is none, a browser gets the document.
    """
    if page in request.app.router and prefers_page(request.headers.get("Accept", "")):
        location = str(request.app.router[page].url_for(**request.match_info))
        return web.Response(status=HTTPStatus.SEE_OTHER.value, headers={"Location": location, "Vary": VARY})
    return answer(document)


def path_of(request: web.Request) -> str:
    """The path of the actor that the request's path names; raises MalformedError for what is no group's id."""
    name = request.match_info.get("name")
    return f"u/{name}" if name is not None else f"groups/{parse_id(request.match_info['group'])}"
