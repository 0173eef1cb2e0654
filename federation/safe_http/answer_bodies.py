"""How an answer is read: its type before its body, its body up to a limit, its refusal as a RemoteError."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
from yarl import URL

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from federation.safe_http.answers import Answer, Download
from federation.safe_http.inflate import BoundedBody

MAX_ANSWER_BYTES: Final = 1024 * 1024  # for the answer to a delivery; pods answer with receipts
_RETRY: Final = frozenset({408, 425, 429})
_GIVE_UP: Final = frozenset({501, 505})


async def read_download(
    url: URL, response: aiohttp.ClientResponse, is_wanted: Callable[[str], bool], max_bytes: int
) -> Download:
    """The body of a 200 answer with a wanted Content-Type; raises RemoteError for all else."""
    if response.status != 200:
        raise refusal_of(response)
    content_type = ", ".join(response.headers.getall("Content-Type", []))
    if not is_wanted(content_type):
        raise RemoteError(RemoteFault.ANOTHER_TYPE, retry=False, status=200, facts={"host": url.host or ""})
    return Download(str(url), content_type, await _read_body(response, max_bytes))


async def read_answer(response: aiohttp.ClientResponse, *, hear_refusal: bool = False) -> Answer:
    """The answer to a delivery that was taken; a broken body counts as empty, so that nothing is delivered twice."""
    if not 200 <= response.status < 300:
        raise refusal_of(response, await _read_tolerantly(response) if hear_refusal else b"")
    return Answer(response.status, response.headers.get("Content-Type", ""), await _read_tolerantly(response))


def read_date(response: aiohttp.ClientResponse) -> int | None:
    """The answer's Date in ms; None if there is none or it is malformed."""
    try:
        return int(parsedate_to_datetime(response.headers.get("Date", "")).timestamp() * 1000)
    except (TypeError, ValueError):
        return None


async def _read_tolerantly(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await _read_body(response, MAX_ANSWER_BYTES)
    except (RemoteError, aiohttp.ClientError):
        return b""


def refusal_of(response: aiohttp.ClientResponse, body: bytes = b"") -> RemoteError:
    """The RemoteError for a status that isn't success, with `retry` and when."""
    status = response.status
    retry = status in _RETRY or (status >= 500 and status not in _GIVE_UP)
    return RemoteError(
        RemoteFault.SAYS_NO,
        facts={"host": response.url.host or ""},
        retry=retry,
        status=status,
        retry_after_seconds=_retry_after(response),
        accept_signature=response.headers.get("Accept-Signature"),
        body=body,
    )


async def _read_body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    # An announced length saves reading too long a body; if the length is false, the count finds it.
    if (response.content_length or 0) > max_bytes:
        raise RemoteError(RemoteFault.TOO_LONG, retry=False, facts={"most": max_bytes})
    body = BoundedBody(", ".join(response.headers.getall("Content-Encoding", [])), max_bytes)
    async for piece in response.content.iter_any():
        body.add(piece)
    return body.finish()


def _retry_after(response: aiohttp.ClientResponse) -> int | None:
    """Retry-After in seconds; a date is compared with the server's own Date, because it goes by that clock."""
    text = response.headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0, int(wait.total_seconds()))
