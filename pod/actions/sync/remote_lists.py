"""Another pod's lists, page by page to their end; each request is signed by this pod, or by what opens a private group.

1. A list is walked from where it was left: `walk` asks for a page, its taker stores what the page brought together
   with the place to go on from, so a walk that is cut off anywhere goes on there.
2. A walk takes a bounded number of pages, and few that bring nothing: the next one goes on. Only what was verified is
   stored.
3. All requests of one pull share a pace: who answers slowly for the bytes it gives is left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from federation.content_types import PLAIN_JSON
from federation.errors import RemoteError
from federation.readers import INVITATION, invitation_field
from federation.rules.answers import RemoteFault
from federation.signatures import SignedRequest, SigningKey, sign_once
from federation.signatures.keys import ed25519_signing_key
from pod.actions.fediverse.actors import POD, signing_key
from pod.budgets.steps import let_others
from pod.clock import random_token
from pod.deps import Deps
from protocol.canonical import JsonObject, parse_json
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.keys import PrivateKey
from protocol.limits import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH
from protocol.records.envelope import CHAIN_TYPES, Record, open_record
from protocol.records.erased import ErasedRecord, parse_erased

MOST_MEMBERS = 100_000  # of a page of records; more than in other documents
PAGES_A_WALK = 64
MOST_FRUITLESS = 3  # pages in a row
PATIENCE_SECONDS = 20.0
SLOWEST_BYTES_PER_SECOND = 16 * 1024
_LOG = logging.getLogger(__name__)


class Pass(msgspec.Struct, frozen=True):
    """What opens a private group to a pod that isn't a member's home there yet.

    The key of an invitation, together with `invitation`, opens the chain; a member's recovery key opens everything.
    """

    key: PrivateKey
    invitation: JsonObject | None = None


class Pace:
    """How long one pull waited for a pod, and how many bytes came."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._bytes = 0

    @property
    def size(self) -> int:
        """How many bytes came."""
        return self._bytes

    @property
    def patience(self) -> float:
        """How many seconds more this pod waits for the other."""
        return PATIENCE_SECONDS + self._bytes / SLOWEST_BYTES_PER_SECOND - self._seconds

    def note(self, seconds: float, size: int) -> None:
        """Add an answer's duration and size."""
        self._seconds += seconds
        self._bytes += size


class Source(msgspec.Struct, frozen=True):
    """A group at another pod, and the key that signs the requests."""

    pod: str
    group: RecordId
    key: SigningKey
    invitation: JsonObject | None = None
    pace: Pace = msgspec.field(default_factory=Pace)


class WalkStep(NamedTuple):
    """The result of a page: the next page's position (None at the end), and whether the page had anything useful."""

    following: int | None
    useful: bool


Take = Callable[[dict[str, Any], int], Awaitable[WalkStep]]


async def walk(deps: Deps, source: Source, name: str, start: int, take: Take, *, most: int = PAGES_A_WALK) -> bool:
    """Read the list `name` (maybe with a query) from `start`, at most `most` pages; whether the end was reached.

    Raises RemoteError.
    """
    position, fruitless = start, 0
    for _ in range(most):
        step = await take(await load_page(deps, source, name, position), position)
        if step.following is None or step.following <= position:
            return True
        position, fruitless = step.following, 0 if step.useful else fruitless + 1
        if fruitless >= MOST_FRUITLESS:
            _LOG.info("%s of %s at %s bring nothing from %d on", name, source.group, source.pod, position)
            return True
    _LOG.info("pulled %s of %s from %s up to %d; it goes on there", name, source.group, source.pod, position)
    return False


async def source_of(deps: Deps, pod: str, group: RecordId, shown: Pass | None = None) -> Source:
    """The group at `pod`, for requests signed by this pod or by a pass's key. Never call it inside a write action."""
    if shown is not None:
        return Source(pod, group, ed25519_signing_key(shown.key.did, shown.key), shown.invitation)
    return Source(pod, group, await signing_key(deps, f"{deps.identity.base_url}/{POD}"))


async def load_page(deps: Deps, source: Source, name: str, position: int) -> dict[str, Any]:
    """A page of the list `name` from `position` on; raises RemoteError, or the refusal of JSON out of our limits."""

    def signed(request: SignedRequest) -> Mapping[str, str]:
        fields = {} if source.invitation is None else {INVITATION: invitation_field(source.invitation)}
        whole = msgspec.structs.replace(request, headers=(*request.headers, *fields.items()))
        return fields | sign_once(whole, source.key, nonce=random_token(), now=deps.clock())

    path, _, query = name.partition("?")
    url = f"{source.pod}/groups/{parse_id(source.group)}/{path}?from={position}" + (f"&{query}" if query else "")
    types = frozenset({PLAIN_JSON})
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with asyncio.timeout(source.pace.patience):
            download = await deps.outside.http.get_bytes(url, types=types, max_bytes=MAX_DOCUMENT_BYTES, sign=signed)
    except TimeoutError as error:
        raise RemoteError(RemoteFault.TOO_SLOW, retry=True) from error
    source.pace.note(loop.time() - began, len(download.body))
    answer = parse_json(
        download.body, max_bytes=MAX_DOCUMENT_BYTES, max_depth=MAX_DOCUMENT_DEPTH, max_members=MOST_MEMBERS
    )
    if not isinstance(answer, dict):
        raise RemoteError(RemoteFault.NO_OBJECT, retry=False)
    return answer


def head_in(page: Mapping[str, Any]) -> RecordId | None:
    """The pod's head when it answered; None if the page doesn't give it."""
    try:
        return parse_id(page.get("head"))
    except RefusedError:
        return None


async def records_in(entries: object, group: RecordId) -> list[Record]:
    """The valid records of the group among the entries. Others are skipped: other pods have what is missing."""
    records = []
    for entry in entries if isinstance(entries, list) else []:
        await let_others()
        try:
            record = open_record(entry)
        except RefusedError:
            continue
        if record.group == group:
            records.append(record)
    return records


async def entries_in(entries: object, group: RecordId) -> list[Record | ErasedRecord]:
    """The entries of a log in order, up to the first that is no record of the group and no erased one's shape."""
    read: list[Record | ErasedRecord] = []
    for body in entries if isinstance(entries, list) else []:
        await let_others()
        try:
            entry = parse_erased(body) if isinstance(body, dict) and "proof" not in body else open_record(body)
        except RefusedError:
            break
        if entry.group != group or (isinstance(entry, Record) and entry.type in CHAIN_TYPES):
            break
        read.append(entry)
    return read
