"""Where the answer to a form leads back to: the page with the form, and never an address that takes no GET."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from yarl import URL

from pod.app_keys import DEPS
from pod.contracts import HTML, contract_of

BACK: Final = web.RequestKey("way_back", str)
LONGEST_REFERRER: Final = 2000
FRONT: Final = "/"
# From these one wants to go on, not back: to what their address says in `to`.
ENTRIES: Final = ("/sign-in", "/sign-up", "/recover", "/setup")


def local_path(path: str) -> str:
    """The path, if it leads to a page of this pod; the front page otherwise. No form may send people elsewhere."""
    sound = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if sound and path.isprintable() and path.isascii() and " " not in path else FRONT


async def find_way_back(request: web.Request) -> str:
    """The path of the page that sent the form; if the browser doesn't say, the nearest above the form's address."""
    said = _referrer(request)
    if said and await _is_page(request, said):
        return said
    for path in _above(URL(said, encoded=True).path if said else request.path):
        if await _is_page(request, path):
            return path
    return FRONT


def here_of(request: web.Request) -> str:
    """The path of the page that is shown, or of the one that leads back to it, for links that come back."""
    return request.get(BACK) or request.path_qs


def onward_from(here: str) -> str:
    """Where to go once somebody is signed in or has an account: the page itself, but for those that lead there."""
    url = URL(here, encoded=True)
    if any(url.path == entry or url.path.startswith(f"{entry}/") for entry in ENTRIES):
        return local_path(url.query.get("to", FRONT))
    return here


def entry_from(here: str) -> str:
    """The query that a link to signing in or up has on a page, so that one goes on from there."""
    onward = onward_from(here)
    return "" if onward == FRONT else f"?{urlencode({'to': onward}, safe='/')}"


def _referrer(request: web.Request) -> str:
    """The page of ours that the browser names; empty if it names none."""
    try:
        url = URL(request.headers.get("Referer", "")[:LONGEST_REFERRER], encoded=True)
        own = url.absolute and str(url.origin()) == request.app[DEPS].identity.base_url
        return str(url.without_query_params("said").relative()) if own else ""
    except ValueError:
        return ""


def _above(path: str) -> Iterator[str]:
    while len(path) > 1:
        yield path
        path = path.rpartition("/")[0]


async def _is_page(request: web.Request, path: str) -> bool:
    if local_path(path) != path:
        return False
    asked = await request.app.router.resolve(request.clone(method="GET", rel_url=URL(path, encoded=True)))
    stated = contract_of(asked.handler) if asked.http_exception is None else None
    return stated is not None and stated.media_type == HTML
