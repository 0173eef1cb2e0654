"""Templates and static files: read once from the packages, every value escaped, an unknown name an error."""

from __future__ import annotations

import hashlib
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

STYLESHEET = "althing.css"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@cache
def templates() -> Environment:
    """The environment of all templates."""
    environment = Environment(
        loader=PackageLoader("pod.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["stylesheet"] = f"/static/{STYLESHEET}?v={version_of(STYLESHEET)}"
    return environment


@cache
def static_file(name: str) -> bytes | None:
    """A file of the top folder `static`, by its plain name; None if there is none."""
    found = [entry for entry in files("static").iterdir() if entry.name == name and entry.is_file()]
    return found[0].read_bytes() if found and not name.startswith(".") else None


@cache
def version_of(name: str) -> str:
    """What changes with a static file's bytes, and only then."""
    return hashlib.sha256(static_file(name) or b"").hexdigest()[:16]


def render(template: str, view: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """A page."""
    text = templates().get_template(template).render(view=view)
    return web.Response(text=text, status=status.value, content_type="text/html", headers=HEADERS)
