"""A copy's source that another pod is, asked by signed requests under a grant. Nothing that it answers is believed.

Rules of this file (portability §1 and §2):

1. Answers are bounded and parsed strictly; each line stands in its canonical form (`parse_line`).
2. A line that carries a record opens: its id and its proofs hold, and it belongs to the group that its key names. What
   was erased has the shape of an erased record. A line that doesn't is named, and nothing of its page is stored.
3. A manifest is believed once the personal group, as the copy has it, is folded from its root (`settled_person`): its
   person's present key signed it, and their home is still the pod that is asked.
4. So `personal` is copied before the manifest is checked, within what that manifest announces.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.content_types import PLAIN_JSON
from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from federation.signatures import SignedRequest, sign_once
from models.moving.kept_copies import ClassHeld, load_held, save_held
from pod.actions.fediverse.actors import POD, signing_key
from pod.actions.moving.copied_chain import check_entry, check_of_person, settled_person
from pod.actions.moving.copy_classes import CopyPage
from pod.actions.moving.grant_messages import ClassPage, LeftBehind
from pod.actions.moving.taken_copies import CopyPart, LeafPage, read_on
from pod.actions.sync.page_budget import ENTRIES
from pod.budgets.steps import let_others
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from protocol.canonical import parse_json
from protocol.copies import (
    CLASSES,
    PERSONAL,
    RECORDS,
    CopyLine,
    CopyManifest,
    claimed_manifest,
    parse_line,
    parse_manifest,
)
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH, MAX_LINE_KEY

MOST_MEMBERS: Final = 100_000
LONGEST_MARK: Final = 1_000
_LEAF_LENGTH: Final = 64
T = TypeVar("T")
Told = Callable[[str], Awaitable[None]]


class GrantedCopy(msgspec.Struct, frozen=True):
    """Which copy is taken in from where: the pod, the grant's name there, the person's group, the granted classes."""

    copy: int
    pod: str
    grant: str
    group: RecordId
    classes: tuple[str, ...]


class GrantedSource:
    """A `CopySource`; `told` hears which class is read. Its methods raise RemoteError, or the refusal of an answer."""

    def __init__(self, deps: Deps, granted: GrantedCopy, told: Told | None = None) -> None:
        self._deps = deps
        self._granted = granted
        self._told = told

    async def marks(self) -> Mapping[str, str]:
        """What changes with the lines of each class that was granted."""
        told = _converted(self._parsed(await self._get("marks")), dict[str, str])
        for mark, said in told.items():
            name, _, group = mark.partition("/")
            if name not in CLASSES or len(said) > LONGEST_MARK or (group and name != RECORDS):
                raise KeptCopyRule.ODD_ANSWER.error(what="marks")
            if group:
                parse_id(group)
        return {mark: said for mark, said in told.items() if mark.partition("/")[0] in self._granted.classes}

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that were granted."""
        return self._granted.classes

    async def left_behind(self) -> LeftBehind:
        """What a move would end or wait for, as the pod counts it."""
        return _converted(self._parsed(await self._get("plan")), LeftBehind)

    async def claimed(self) -> CopyManifest:
        """What the pod says that the classes are, by its word alone."""
        return claimed_manifest(self._parsed(await self._get("manifest")))

    async def manifest(self) -> tuple[CopyManifest, bytes]:
        """What the classes are, signed by the person's present key; copies `personal` first, to know that key."""
        wire = await self._get("manifest")
        body, granted = self._parsed(wire), self._granted
        claimed = claimed_manifest(body)
        if PERSONAL not in granted.classes:
            raise KeptCopyRule.PERSONAL_NEEDED.error()
        if claimed.group != granted.group or claimed.pod != granted.pod:
            raise KeptCopyRule.ODD_ANSWER.error(what="manifest")
        await self._deps.store.write(partial(_expect, copy=granted.copy, manifest=claimed))
        await read_on(self._deps, granted.copy, self, CopyPart(PERSONAL))
        state = await settled_person(self._deps, granted.copy, granted.group)
        check_of_person(state, granted.pod)
        return parse_manifest(body, state), wire

    async def page(self, name: str, after: str, until: str) -> CopyPage:
        """Lines of a class."""
        if self._told is not None:
            await self._told(name)
        answer = _decoded(await self._get(f"classes/{name}", {"from": after, "until": until}), ClassPage)
        if len(answer.lines) > ENTRIES:
            raise KeptCopyRule.ODD_ANSWER.error(what=name)
        lines = list[CopyLine]()
        for raw in answer.lines:
            lines.append(parse_line(bytes(raw)))
            if name in (PERSONAL, RECORDS):
                self._check(name, lines[-1])
            await let_others()
        return CopyPage(tuple(lines), answer.next)

    async def leaves(self, name: str, after: str) -> LeafPage:
        """The hashes of lines of a class."""
        page = _decoded(await self._get(f"leaves/{name}", {"from": after}), LeafPage)
        for key, leaf in page.leaves.items():
            if len(key) > MAX_LINE_KEY or len(leaf) != _LEAF_LENGTH or set(leaf) - set("0123456789abcdef"):
                raise KeptCopyRule.ODD_ANSWER.error(what=name)
        return page

    def _check(self, name: str, line: CopyLine) -> None:
        try:
            check_entry(line, self._granted.group if name == PERSONAL else None)
        except RefusedError as refusal:
            raise KeptCopyRule.LINE_UNPROVEN.error(name=name, key=line.key, why=str(refusal)) from refusal

    def _parsed(self, wire: bytes) -> dict[str, object]:
        body = parse_json(wire, max_bytes=MAX_DOCUMENT_BYTES, max_depth=MAX_DOCUMENT_DEPTH, max_members=MOST_MEMBERS)
        if not isinstance(body, dict):
            raise RemoteError(RemoteFault.NO_OBJECT, retry=False)
        return dict(body)

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        deps, granted = self._deps, self._granted
        key = await signing_key(deps, f"{deps.identity.base_url}/{POD}")

        def signed(request: SignedRequest) -> Mapping[str, str]:
            return sign_once(request, key, nonce=random_token(), now=deps.clock())

        given = {name: value for name, value in (query or {}).items() if value}
        url = f"{granted.pod}/moves/{quote(granted.grant, safe='')}/{path}" + (f"?{urlencode(given)}" if given else "")
        types = frozenset({PLAIN_JSON})
        try:
            download = await deps.outside.http.get_bytes(url, types=types, max_bytes=MAX_DOCUMENT_BYTES, sign=signed)
        except RemoteError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                raise KeptCopyRule.GRANT_ENDED.error(pod=granted.pod) from error
            raise
        return download.body


async def _expect(session: AsyncSession, copy: int, manifest: CopyManifest) -> None:
    """Let as many lines of `personal` in as the pod says that there are; the copy's quota holds all the same."""
    held = (await load_held(session, copy)).get(PERSONAL, ClassHeld())
    total = manifest.classes.get(PERSONAL)
    if total is not None:
        expected = msgspec.structs.replace(held, announced_count=total.count, announced_bytes=total.bytes)
        await save_held(session, copy, {PERSONAL: expected})


def _decoded(wire: bytes, kind: type[T]) -> T:
    """A page, whose parts are checked by whoever takes them."""
    try:
        return msgspec.json.decode(wire, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RemoteError(RemoteFault.NO_OBJECT, retry=False) from error


def _converted(body: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise RemoteError(RemoteFault.NO_OBJECT, retry=False) from error
