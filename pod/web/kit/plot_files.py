"""A page's pictures at addresses of their own, for other pages to show: as SVG in its own colours, and as CSV."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Final

from aiohttp import web

from pod.app_keys import ANSWERS
from pod.contracts import CSV, SVG
from pod.file_answers import file_answer
from pod.plots.plot import Plot
from pod.plots.svg import standing_alone
from pod.web.kit.templates import FILE_HEADERS, OWN
from pod.web.kit.visitors import reader_of, say_of

Make = Callable[[], Awaitable[Plot]]
_ROOT: Final = re.compile(r":root {(.*?)}", re.DOTALL)
_COLOUR: Final = re.compile(r"(--[a-z-]+): (#[0-9a-f]{6});")
_USED: Final = re.compile(r"var\((--[a-z-]+)\)")


async def picture_file(request: web.Request, make: Make) -> web.Response:
    """The picture as SVG. It runs no scripts and loads nothing."""
    return await _file(request, SVG, {"Content-Security-Policy": _policy()}, partial(_picture, request, make))


async def table_file(request: web.Request, make: Make, name: str) -> web.Response:
    """The picture's exact numbers as CSV."""
    return await _file(request, CSV, {"Content-Disposition": f'attachment; filename="{name}.csv"'}, partial(_csv, make))


async def _file(
    request: web.Request, kind: str, headers: Mapping[str, str], body: Callable[[], Awaitable[bytes]]
) -> web.Response:
    """For who isn't signed in it is made once a language between two commits."""
    if reader_of(request) is not None:
        return file_answer(request, await body(), kind, {**headers, **FILE_HEADERS, **OWN})
    key = (request.path, f"{kind} {say_of(request).language}")
    made = await request.app[ANSWERS].get(key, partial(_made, body))
    assert isinstance(made.body, bytes)
    return file_answer(request, made.body, kind, {**headers, **FILE_HEADERS})


async def _made(body: Callable[[], Awaitable[bytes]]) -> web.Response:
    return web.Response(body=await body())


async def _picture(request: web.Request, make: Make) -> bytes:
    return standing_alone((await make()).svg, _style(), say_of(request).language).encode()


async def _csv(make: Make) -> bytes:
    return (await make()).figures.csv.encode()


@cache
def _style() -> str:
    """The rules of pictures with the colours that they name, light and dark; on paper they are light."""
    rules = _rules()
    used = set(_USED.findall(rules)) | {"--paper"}
    light, dark = (
        "".join(f"{name}:{colour};" for name, colour in _COLOUR.findall(theme) if name in used)
        for theme in _ROOT.findall(_sheet("base"))
    )
    paper = f":root{{{light}--sans:system-ui,sans-serif;background:var(--paper)}}"
    return f"{paper}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{rules}"


def _rules() -> str:
    """The part of the stylesheet that pictures need, without spaces."""
    text = re.sub(r"/\*.*?\*/", "", _sheet("plots"), flags=re.DOTALL)
    rules = "".join(rule for rule in re.findall(r"[^{}]+{[^{}]*}", text) if ".chart" in rule)
    return re.sub(r"\s*([{}:;,])\s*", r"\1", rules).strip()


def _sheet(name: str) -> str:
    return (files("static") / "css" / f"{name}.css").read_text()


@cache
def _policy() -> str:
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'"
