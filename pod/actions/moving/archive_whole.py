"""Writes an account's archive from one moment of the database, file after file, and tells how far it has come.

Memory holds a page of lines or posts, whatever the account holds. Words come from the reading door, for the account
itself; signed records come from the classes of the copy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import BinaryIO, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, list_memberships
from pod.actions.access import ReadableGroup, open_those
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.moving.archive_lists import archive_lists
from pod.actions.moving.archive_outbox import archived_actor_json, likes_pieces, no_bookmarks, outbox_pieces
from pod.actions.moving.copy_classes import class_pages, sign_manifest
from pod.actions.moving.sealed_boxes import bring_box_up
from pod.actions.reading.person.own_words import count_own_writing, own_writing
from pod.archive.contents import ACTOR, BOOKMARKS, CLASS_FILES, LIKES, MANIFEST, NAMES, OUTBOX, README
from pod.archive.readme import (
    ReadmeGroup,
    ReadmeOf,
    readme_end,
    readme_group,
    readme_group_end,
    readme_head,
    readme_posts,
)
from pod.archive.zip_file import ZipOutput
from pod.budgets.steps import let_others
from pod.deps import Deps
from pod.translations import DEFAULT, translator_for
from protocol.canonical import canonical_bytes
from protocol.copies import ClassTotal, CopyTally

FILES: Final = len(NAMES)


class ArchiveStep(msgspec.Struct, frozen=True):
    """How far it has come: in file `number` of `files`, `done` lines or posts of `total` (0: nobody knows yet).

    `bytes`: how long the archive is so far.
    """

    file: str
    number: int
    files: int
    done: int
    total: int
    bytes: int


class ArchiveWish(msgspec.Struct, frozen=True):
    """Whose archive is written; `private`: with what they wrote in private groups."""

    account: Account
    private: bool = False


Told = Callable[[ArchiveStep], Awaitable[None]]


class _Sources(msgspec.Struct, frozen=True):
    """Groups that the account may read, its own first, and how much it wrote in each.

    `left_out`: private ones in which it wrote, and that weren't asked for.
    """

    groups: Sequence[ReadableGroup]
    counts: Sequence[int]
    left_out: int

    @property
    def total(self) -> int:
        return sum(self.counts)


class _Writing:
    """One archive on its way into a file."""

    def __init__(self, deps: Deps, wish: ArchiveWish, out: ZipOutput, told: Told) -> None:
        self.deps = deps
        self.wish = wish
        self.out = out
        self._told = told
        self._number = 0

    def begin(self) -> None:
        """Another file begins."""
        self._number += 1

    async def tell(self, file: str, done: int, total: int = 0) -> None:
        await let_others()
        await self._told(ArchiveStep(file, self._number, FILES, done, total, self.out.size))

    async def put(self, file: str, whole: bytes) -> None:
        """A short file."""
        self.begin()
        self.out.put(file, whole)
        await self.tell(file, 1, 1)


async def write_archive(deps: Deps, wish: ArchiveWish, file: BinaryIO, told: Told) -> int:
    """Write the archive; returns how many posts and edits it shows. Raises TooLargeError, or what `told` raises."""
    now = deps.clock()
    writing = _Writing(deps, wish, ZipOutput(file, at=now), told)
    # First of all: it makes the actor's keys if nobody needed them yet, and the classes tell of them.
    actor = await archived_actor_json(deps, wish.account)
    await bring_box_up(deps, wish.account)
    async with deps.store.database.read() as session:
        sources = await _sources(session, deps, wish)
        totals = await _write_classes(session, writing)
        manifest = await sign_manifest(session, deps, wish.account, totals, now=now)
        await writing.put(MANIFEST, canonical_bytes(manifest))
        await writing.put(ACTOR, actor)
        await _write_mastodon(session, writing, sources)
        await _write_readme(session, writing, sources, totals, now=now)
    writing.out.close()
    return sources.total


async def _sources(session: AsyncSession, deps: Deps, wish: ArchiveWish) -> _Sources:
    found: list[tuple[ReadableGroup, int]] = []
    left_out = 0
    for membership in await list_memberships(session, wish.account.id):
        opened = (await open_those(session, deps, wish.account, [membership.group_id])).get(membership.group_id)
        if opened is None:
            continue
        count = await count_own_writing(session, opened)
        if opened.state.visibility != "private" or wish.private:
            found.append((opened, count))
        else:
            left_out += count > 0
    own = wish.account.personal_group
    found.sort(key=lambda one: (one[0].id != own, one[0].name.casefold(), one[0].id))
    return _Sources([opened for opened, _ in found], [count for _, count in found], left_out)


async def _write_classes(session: AsyncSession, writing: _Writing) -> dict[str, ClassTotal]:
    """The classes of the copy, a line of each file a line of the class; returns what the manifest says of them."""
    totals: dict[str, ClassTotal] = {}
    account, private = writing.wish.account, writing.wish.private
    for path, name in CLASS_FILES.items():
        writing.begin()
        tally = CopyTally()
        with writing.out.entry(path) as write:
            async for page in class_pages(session, writing.deps, account, name, private=private):
                tally = tally.add(page.lines)
                write(b"".join(b"%s\n" % line.text for line in page.lines))
                await writing.tell(path, tally.frontier.size)
        totals[name] = tally.total()
        await writing.tell(path, totals[name].count, totals[name].count)
    return totals


async def _write_mastodon(session: AsyncSession, writing: _Writing, sources: _Sources) -> None:
    deps, account = writing.deps, writing.wish.account
    writing.begin()
    with writing.out.entry(OUTBOX) as write:
        done = 0
        async for piece, count in outbox_pieces(session, deps, account, sources.groups):
            write(piece)
            done += count
            await writing.tell(OUTBOX, done, sources.total)
    await writing.tell(OUTBOX, sources.total, sources.total)
    writing.begin()
    with writing.out.entry(LIKES) as write:
        async for likes in likes_pieces(session, deps, sources.groups):
            write(likes)
    await writing.put(BOOKMARKS, no_bookmarks())
    for name, rows in (await archive_lists(session, deps, account)).items():
        await writing.put(name, rows)


async def _write_readme(
    session: AsyncSession, writing: _Writing, sources: _Sources, totals: dict[str, ClassTotal], *, now: int
) -> None:
    deps, account = writing.deps, writing.wish.account
    say, own = translator_for(account.language or DEFAULT), account.personal_group
    groups = [
        ReadmeGroup(opened.id, opened.name, count, opened.id == own, opened.state.visibility == "private")
        for opened, count in zip(sources.groups, sources.counts, strict=True)
        if count
    ]
    opened_of = {opened.id: opened for opened in sources.groups}
    lines = [(name, total.count) for name, total in totals.items()]
    pod = pod_name(deps, await read_settings(deps))
    writing.begin()
    with writing.out.entry(README) as write:
        write(readme_head(say, ReadmeOf(account.name, pod, now, groups, lines, sources.left_out)).encode())
        done = 0
        for group in groups:
            write(readme_group(say, group).encode())
            async for page in own_writing(session, opened_of[group.id]):
                write(readme_posts(say, deps.identity.base_url, group.id, page).encode())
                done += len(page)
                await writing.tell(README, done, sources.total)
            write(readme_group_end().encode())
        write(readme_end().encode())
    await writing.tell(README, sources.total, sources.total)
