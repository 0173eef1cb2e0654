"""Templates and static files: the pod reads them once, escapes every value, and fails on an unknown name."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from functools import cache, partial, wraps
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from jinja2 import Environment, PackageLoader, StrictUndefined

from pod.app_keys import ANSWERS
from pod.clock import random_token
from pod.translations import LANGUAGES, Translator
from pod.web.kit.notices import notice_of
from pod.web.kit.visitors import A_YEAR_SECONDS, VISIT, Visitor, set_cookie, visitor_of
from pod.web.kit.way_back import entry_from, here_of

STYLESHEET: Final = "althing.css"
# The order in which the parts of the stylesheet stand; each area of pages owns one.
SHEETS: Final = ("base", "kit", "plots", "reading", "groups", "decisions", "predictions", "asking", "accounts", "admin")
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
    "Vary": "Cookie, Accept-Language",
}
# Also for the files beside pages, because they depend on the reader and the language, too.
FILE_HEADERS: Final = {name: HEADERS[name] for name in ("Cache-Control", "Vary")}
PRIVATE: Final = {"Cache-Control": "no-store"}
NUMBER: Final = "form"  # in the address of a page: the number of its form
LONGEST_NUMBER: Final = 43
OWN: Final = {"Cache-Control": "private, no-cache"}  # a form in it carries one visitor's token


class Page(msgspec.Struct, frozen=True):
    """What the layout shows around every page.

    `here` is the path to come back to, `entry` the query of links to signing in or up that says where to go on then,
    `said` what just happened, `news` how much somebody wasn't shown yet, `needs` how many polls need them, `waiting`
    how many sign-ups wait for an admin.
    """

    language: str
    here: str
    entry: str = ""
    name: str = ""
    admin: bool = False
    news: int = 0
    needs: int = 0
    waiting: int = 0
    said: str = ""
    languages: tuple[tuple[str, str], ...] = tuple(LANGUAGES.items())


@cache
def templates() -> Environment:
    """The environment of all templates."""
    environment = Environment(
        loader=PackageLoader("pod.web", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # they don't change while the pod serves, and looking costs each page
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_url
    return environment


def static_url(name: str) -> str:
    """The address of a static file in the version that is served now."""
    return f"/static/{name}?v={version_of(name)}"


@cache
def static_file(name: str) -> bytes | None:
    """A file of the top folder `static`, by its plain name; None if there is none. The stylesheet is its parts."""
    if name == STYLESHEET:
        parts = [files("static").joinpath("css").joinpath(f"{part}.css") for part in SHEETS]
        return b"\n".join(part.read_bytes() for part in parts if part.is_file())
    found = [entry for entry in files("static").iterdir() if entry.name == name and entry.is_file()]
    return found[0].read_bytes() if found and not name.startswith(".") else None


@cache
def version_of(name: str) -> str:
    """What changes with a static file's bytes, and only then."""
    return hashlib.sha256(static_file(name) or b"").hexdigest()[:16]


def render(
    request: web.Request, template: str, view: Any, status: HTTPStatus = HTTPStatus.OK, *, private: bool = False
) -> web.Response:
    """A page as the answer to a request. `private`: it holds what no cache may keep, e.g. the 24 words."""
    visitor = visitor_of(request)
    text = (
        templates()
        .get_template(template)
        .render(
            view=view,
            page=_page(request, visitor),
            say=visitor.say,
            form_token=partial(getattr, visitor, "form_token"),
            form_once=cache(lambda: request.query.get(NUMBER, "")[:LONGEST_NUMBER] or random_token()),
        )
    )
    headers = HEADERS | (PRIVATE if private else OWN if visitor.asked else {})
    response = web.Response(text=text, status=status.value, content_type="text/html", headers=headers)
    if visitor.fresh:
        set_cookie(request, response, VISIT, visitor.secret, seconds=A_YEAR_SECONDS)
    return response


def _page(request: web.Request, visitor: Visitor) -> Page:
    account, say, here = visitor.account, visitor.say, here_of(request)
    return Page(
        language=say.language,
        here=here,
        entry=entry_from(here),
        name=account.name if account else "",
        admin=account.admin if account else False,
        news=visitor.counts.news,
        needs=visitor.counts.needs,
        waiting=visitor.counts.waiting,
        said=said_in(say, request.query.get("said", "")),
    )


def said_in(say: Translator, code: str) -> str:
    """The sentence of a notice; empty for a code that is none."""
    notice = notice_of(code)
    return say(notice) if notice else ""


def held(handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
    """A page that is the same for everybody who isn't signed in: made once a language between two commits.

    It may have no form that carries a token, for then it would be one visitor's.
    """

    @wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        visitor = visitor_of(request)
        if visitor.account is not None:
            return await handler(request)
        key = (request.raw_path, f"page {visitor.say.language}")
        return await request.app[ANSWERS].get(key, partial(handler, request))

    return answered
