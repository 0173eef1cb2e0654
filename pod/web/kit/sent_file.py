"""A form with a file, as a browser sent it: its token first, then the file, which goes to disk as it comes.

Such a form is read by its handler (`reads_itself`), which knows by then who sends it; all others are read before. Its
length is announced and bounded, it comes as fast as a slow line carries it, and an account sends one at a time.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import BodyPartReader, MultipartReader, web

from federation.shares import Shares
from pod.budgets.bodies import PATIENCE_SECONDS
from pod.rules.imports import ImportRule
from pod.rules.requests import RequestRule
from pod.web.kit.forms import TOKEN_FIELD
from pod.web.kit.visitors import account_of, check_form
from protocol.errors import RefusedError

MULTIPART: Final = "multipart/form-data"
SLOWEST_BYTES_PER_SECOND: Final = 32 * 1024
FORM_BYTES: Final = 16 * 1024  # of the form around the file
LONGEST_TOKEN: Final = 200
LONGEST_NAME: Final = 255
CHUNK: Final = 256 * 1024
UPLOADS: Final = web.AppKey("uploads", Shares)
MOST_AT_ONCE: Final = 16  # of all accounts together


class SentFile(msgspec.Struct, frozen=True):
    """What the browser calls the file, and how long it is."""

    name: str
    bytes: int


async def take_sent_file(request: web.Request, path: Path, most: int) -> SentFile:
    """Write the file of the form to `path`; at most `most` bytes. Raises ForgedFormError, TooLargeError and others."""
    length = request.content_length
    if length is None or length > most + FORM_BYTES:
        raise ImportRule.TOO_LONG.error(most=most // 1024**2)
    if request.content_type != MULTIPART:
        raise RequestRule.FORM_TYPE.error(type=MULTIPART)
    with request.app[UPLOADS].held(str(account_of(request).id)):
        try:
            async with asyncio.timeout(PATIENCE_SECONDS + length / SLOWEST_BYTES_PER_SECOND):
                return await _take(request, path, most)
        except RefusedError:
            raise
        except (ConnectionError, web.RequestPayloadError, web.HTTPRequestEntityTooLarge, ValueError) as error:
            raise RequestRule.BODY_BROKEN.error() from error
        except TimeoutError as error:
            raise RequestRule.BODY_SLOW.error() from error


async def _take(request: web.Request, path: Path, most: int) -> SentFile:
    parts = await request.multipart()
    token = await _next(parts)
    if token is None or token.name != TOKEN_FIELD:
        raise RequestRule.FORM_UNREADABLE.error()
    check_form(request, (await token.read_chunk(LONGEST_TOKEN)).decode("utf-8", "replace"))
    part = await _next(parts)
    if part is None or not part.filename:
        raise ImportRule.NO_FILE.error()
    size = 0
    with await asyncio.to_thread(path.open, "wb") as file:
        while chunk := await part.read_chunk(CHUNK):
            size += len(chunk)
            if size > most:
                raise ImportRule.TOO_LONG.error(most=most // 1024**2)
            await asyncio.to_thread(file.write, chunk)
    return SentFile(_name_of(part.filename), size)


async def _next(parts: MultipartReader) -> BodyPartReader | None:
    part = await parts.next()
    return part if isinstance(part, BodyPartReader) else None


def _name_of(filename: str) -> str:
    """The name without folders, of letters that a page shows."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in name if sign.isprintable())[-LONGEST_NAME:] or "?"
