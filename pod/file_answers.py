"""A file as the answer to a request, or word that the asker's copy is still right."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web


def file_answer(request: web.Request, body: bytes, kind: str, headers: Mapping[str, str]) -> web.Response:
    """The file with its tag, or 304 for who names that tag."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = request.headers.get("If-None-Match", "")
    if tag in {one.strip().removeprefix("W/") for one in known.split(",")}:
        return web.Response(status=HTTPStatus.NOT_MODIFIED.value, headers={**headers, "ETag": tag})
    whole = {**headers, "ETag": tag, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=whole)
