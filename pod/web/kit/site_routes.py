"""The routes beside all pages: the stylesheet, the pictures, the choice of language."""

from __future__ import annotations

import mimetypes

import msgspec
from aiohttp import web

from pod.actions.accounts.language import choose_language
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.requests import RequestRule
from pod.translations import LANGUAGES
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.templates import render, static_file, version_of
from pod.web.kit.visitors import A_YEAR_SECONDS, LANGUAGE, set_cookie, visitor_of

routes = web.RouteTableDef()
FOR_EVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"


@routes.get("/static/{name}")
@contract(media_type="text/css")
async def get_static_file(request: web.Request) -> web.Response:
    """A stylesheet, script or picture of the pages; one asked for by its version never changes."""
    name = request.match_info["name"]
    body = static_file(name)
    if body is None:
        raise RequestRule.NO_SUCH_FILE.error()
    headers = {"Cache-Control": FOR_EVER if request.query.get("v") == version_of(name) else AN_HOUR}
    headers |= {"ETag": f'"{version_of(name)}"', "X-Content-Type-Options": "nosniff"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=mimetypes.guess_type(name)[0], headers=headers)


class LanguageView(msgspec.Struct, frozen=True):
    """The page on which a language is chosen; `back` is where one came from."""

    languages: tuple[tuple[str, str], ...]
    back: str


class LanguageForm(msgspec.Struct, frozen=True):
    """The language that somebody chose."""

    language: str = ""
    back: str = "/"


@routes.get("/language")
@contract(media_type=HTML)
async def get_language(request: web.Request) -> web.Response:
    """Choose the language of the pages."""
    return render(request, "kit/language.html", LanguageView(tuple(LANGUAGES.items()), request.query.get("back", "/")))


@routes.post("/language")
@contract(media_type=HTML)
async def post_language(request: web.Request) -> web.Response:
    """Remember the chosen language, in a cookie and with the account."""
    form, visitor = await read_form(request, LanguageForm), visitor_of(request)
    if form.language not in LANGUAGES:
        raise RequestRule.NO_SUCH_LANGUAGE.error()
    if visitor.account:
        await choose_language(request.app[DEPS], visitor.account, form.language)
    response = see_other(form.back)
    set_cookie(request, response, LANGUAGE, form.language, seconds=A_YEAR_SECONDS)
    return response
