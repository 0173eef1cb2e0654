"""A copy of another pod's account is taken in page by page, brought up to date, and shown to be the same line by line.

Where it comes from is a `CopySource`: a pod under a grant, or a file. A page takes the place of what the copy had
between its two cursors, so one that comes twice, or after a kill, changes nothing. What would break a bound isn't
stored: the refusal says at which line the taking stopped.

Rules of this file (portability §1):

1. A copy has at most its quota of bytes, and a class a million lines.
2. A class has at most what its last manifest announced and 1 % more; a little is always allowed, because people go on
   writing while they are copied.
3. A copy is equal to the account if what is stored, written out again, gives the manifest's count, bytes and root.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Final, Literal, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.kept_copies import (
    ClassHeld,
    KeptCopy,
    LineSpan,
    list_lines,
    load_copy,
    load_held,
    load_last_key,
    measure_span,
    replace_lines,
    save_held,
    save_manifest,
    set_marks,
)
from pod.actions.moving.copy_classes import CopyPage, page_of
from pod.actions.sync.page_budget import ENTRIES
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from protocol.copies import CLASSES, PERSONAL, RECORDS, ClassTotal, CopyManifest, CopyTally
from protocol.limits import MAX_LINES
from protocol.rules.copies import CopyRule

ALWAYS_ALLOWED_LINES: Final = 100
ALWAYS_ALLOWED_BYTES: Final = 1024 * 1024
PERCENT: Final = 100
MOST_ROUNDS: Final = 3  # somebody may write while they are copied; at a switch they can't


class LeafPage(msgspec.Struct, frozen=True):
    """Keys and leaves (hex) of a page of lines; `next`: as that page's."""

    leaves: dict[str, str]
    next: str | None


class CopySource(Protocol):
    """Where a copy comes from. Lines and manifests were parsed and the signature was checked."""

    async def marks(self) -> Mapping[str, str]: ...

    async def manifest(self) -> tuple[CopyManifest, bytes]: ...

    async def page(self, name: str, after: str, until: str) -> CopyPage: ...

    async def leaves(self, name: str, after: str) -> LeafPage: ...


class CopyDifference(msgspec.Struct, frozen=True):
    """A line that isn't the same in copy and account."""

    name: str
    key: str
    what: Literal["lacks", "other", "surplus"]


class CopyPart(msgspec.Struct, frozen=True):
    """A part of a copy that has a mark: a class, or in `records` one group's lines, which have all keys between two."""

    name: str
    after: str = ""
    until: str = ""


def leaves_of(page: CopyPage) -> LeafPage:
    """The leaves of a page, for somebody who holds a copy already."""
    return LeafPage({line.key: line.leaf.hex() for line in page.lines}, page.next)


async def bring_up(deps: Deps, copy: int, source: CopySource) -> list[CopyDifference]:
    """Have the copy hold what the account is now. Returns what still differs; nothing, unless it changes all the time.

    An account that didn't change costs one question.
    """
    marks, kept = await source.marks(), await _copy(deps, copy)
    changed = {mark for mark in {*marks, *kept.marks} if marks.get(mark) != kept.marks.get(mark)}
    left = [name for name in CLASSES if any(_part_of(mark).name == name for mark in changed)]
    differing: list[CopyDifference] = []
    for turn in range(MOST_ROUNDS if left else 0):
        manifest, wire = await source.manifest()
        await deps.store.write(partial(_announce, copy=copy, manifest=manifest, wire=wire))
        names, left, differing = left, [], []
        for name in names:
            parts = [part for part in map(_part_of, sorted(changed)) if part.name == name]
            if turn == 0:
                for part in parts:
                    await read_on(deps, copy, source, part)
            else:
                differing += await compare(deps, copy, source, name, mend=True)
            if await _is_equal(deps, copy, name, manifest):
                await deps.store.write(partial(_mark, copy=copy, name=name, marks=marks))
            else:
                left.append(name)
        if not left:
            return []
    return differing


async def compare(deps: Deps, copy: int, source: CopySource, name: str, *, mend: bool = False) -> list[CopyDifference]:
    """The lines of a class that differ from the account's; `mend`: pages in which any does are read again."""
    found, seen = list[CopyDifference](), 0
    cursor: str | None = ""
    while cursor is not None:
        theirs = await source.leaves(name, cursor)
        seen += len(theirs.leaves)
        _check_leaves(name, cursor, theirs, seen)
        differing = await _differences(deps, LineSpan(copy, name, after=cursor, last=theirs.next or ""), theirs)
        found += differing
        if differing and mend:
            page = await source.page(name, cursor, "")
            await deps.store.write(partial(take_page, copy=copy, part=CopyPart(name), after=cursor, page=page))
            cursor = page.next
        else:
            cursor = theirs.next
    return found


async def verify_copy(deps: Deps, copy: int, manifest: CopyManifest) -> list[str]:
    """The classes of which the copy, written out again, isn't what the manifest says; none: it is verified."""
    return [name for name in CLASSES if not await _is_equal(deps, copy, name, manifest)]


async def kept_page(session: AsyncSession, copy: int, name: str, after: str = "") -> CopyPage:
    """A page of a class as it was stored: the bytes that came."""
    return page_of(await list_lines(session, LineSpan(copy, name, after=after), ENTRIES + 1))


async def kept_total(session: AsyncSession, copy: int, name: str) -> ClassTotal:
    """Count, bytes and root of a class as it was stored."""
    tally, cursor = CopyTally(), ""
    while (page := await kept_page(session, copy, name, cursor)).lines:
        tally, cursor = tally.add(page.lines), page.lines[-1].key
    return tally.total()


async def take_page(session: AsyncSession, copy: int, part: CopyPart, after: str, page: CopyPage) -> None:
    """Store a page in place of what lies between its cursors; raises what it breaks, and then nothing is stored."""
    kept = await load_copy(session, copy)
    if kept is None:
        raise KeptCopyRule.NO_SUCH_COPY.error()
    _check_page(part, after, page)
    span = LineSpan(copy, part.name, after=after, last=page.next or "", until=part.until)
    held = await load_held(session, copy)
    before, (count, size) = held.get(part.name, ClassHeld()), await measure_span(session, span)
    after_it = msgspec.structs.replace(
        before,
        count=before.count - count + len(page.lines),
        bytes=before.bytes - size + sum(len(line.text) for line in page.lines),
        read_to=page.lines[-1].key if page.lines else after,
    )
    _check_bounds(kept, part.name, after_it, {**held, part.name: after_it}, page, after)
    await replace_lines(session, span, page.lines)
    await save_held(session, copy, {part.name: after_it})


def _check_page(part: CopyPart, after: str, page: CopyPage) -> None:
    keys = [after, *(line.key for line in page.lines)]
    for lower, higher in pairwise(keys):
        if higher <= lower or (part.until and higher >= part.until):
            raise CopyRule.KEYS_FALL.error(key=higher)
    if page.next is not None and (not page.lines or page.next != keys[-1]):
        raise CopyRule.NO_PAGE.error(name=part.name, key=page.next)


def _check_bounds(
    kept: KeptCopy, name: str, now: ClassHeld, all_held: Mapping[str, ClassHeld], page: CopyPage, after: str
) -> None:
    key = page.lines[0].key if page.lines else after
    if now.count > MAX_LINES:
        raise CopyRule.TOO_MANY_LINES.error(most=MAX_LINES, key=key)
    if now.count > _allowed(now.announced_count, ALWAYS_ALLOWED_LINES) or now.bytes > _allowed(
        now.announced_bytes, ALWAYS_ALLOWED_BYTES
    ):
        raise CopyRule.BEYOND_PLAN.error(name=name, key=key)
    if sum(held.bytes for held in all_held.values()) > kept.quota:
        raise CopyRule.BEYOND_QUOTA.error(name=name, key=key, most=kept.quota)


def _allowed(announced: int, always: int) -> int:
    return announced + max(announced // PERCENT, always)


async def _announce(session: AsyncSession, copy: int, manifest: CopyManifest, wire: bytes) -> None:
    held = await load_held(session, copy)
    told = {
        name: msgspec.structs.replace(
            held.get(name, ClassHeld()), announced_count=total.count, announced_bytes=total.bytes
        )
        for name, total in manifest.classes.items()
    }
    await save_held(session, copy, told)
    await save_manifest(session, copy, manifest.at, wire)


async def _mark(session: AsyncSession, copy: int, name: str, marks: Mapping[str, str]) -> None:
    """Note that the copy is equal to the account in one class: after a kill it isn't read again."""
    kept = await load_copy(session, copy)
    if kept is not None:
        others = {mark: said for mark, said in kept.marks.items() if _part_of(mark).name != name}
        own = {mark: said for mark, said in marks.items() if _part_of(mark).name == name}
        await set_marks(session, copy, others | own)
    held = (await load_held(session, copy)).get(name)
    if held is not None and held.read_to:
        await save_held(session, copy, {name: msgspec.structs.replace(held, read_to="")})


async def _copy(deps: Deps, copy: int) -> KeptCopy:
    async with deps.store.database.read() as session:
        kept = await load_copy(session, copy)
    if kept is None:
        raise KeptCopyRule.NO_SUCH_COPY.error()
    return kept


def _part_of(mark: str) -> CopyPart:
    name, _, group = mark.partition("/")
    return CopyPart(name, f"{group}/", f"{group}0") if group else CopyPart(name)  # "0" is the sign after "/"


async def read_on(deps: Deps, copy: int, source: CopySource, part: CopyPart) -> None:
    """Read a part to its end: from the last line that is here where it only grows, else from where a step was cut off.

    What changed meanwhile before that line shows when the class is compared.
    """
    async with deps.store.database.read() as session:
        if part.name in (PERSONAL, RECORDS):
            here = await load_last_key(session, LineSpan(copy, part.name, part.after, until=part.until))
        else:
            here = (await load_held(session, copy)).get(part.name, ClassHeld()).read_to
    after = here or part.after
    cursor: str | None = after
    while cursor is not None:
        page = await source.page(part.name, cursor, part.until)
        await deps.store.write(partial(take_page, copy=copy, part=part, after=cursor, page=page))
        cursor = page.next


async def _is_equal(deps: Deps, copy: int, name: str, manifest: CopyManifest) -> bool:
    async with deps.store.database.read() as session:
        return await kept_total(session, copy, name) == manifest.classes.get(name, CopyTally().total())


def _check_leaves(name: str, after: str, page: LeafPage, seen: int) -> None:
    keys = [after, *page.leaves]
    for lower, higher in pairwise(keys):
        if higher <= lower:
            raise CopyRule.KEYS_FALL.error(key=higher)
    if page.next is not None and (not page.leaves or page.next != keys[-1]):
        raise CopyRule.NO_PAGE.error(name=name, key=page.next)
    if seen > MAX_LINES:
        raise CopyRule.TOO_MANY_LINES.error(most=MAX_LINES, key=keys[-1])


async def _differences(deps: Deps, span: LineSpan, theirs: LeafPage) -> list[CopyDifference]:
    """What differs in a span, by what is stored; where the copy has far more lines, only as far as those were read."""
    most = len(theirs.leaves) + ENTRIES
    async with deps.store.database.read() as session:
        held = await list_lines(session, span, most)
    ours = {line.key: line.leaf.hex() for line in held}
    told = {key: leaf for key, leaf in theirs.leaves.items() if len(held) < most or key <= held[-1].key}
    found = [CopyDifference(span.name, key, "surplus") for key in ours.keys() - told.keys()]
    for key, leaf in told.items():
        if key not in ours:
            found.append(CopyDifference(span.name, key, "lacks"))
        elif ours[key] != leaf:
            found.append(CopyDifference(span.name, key, "other"))
    return sorted(found, key=lambda one: one.key)
