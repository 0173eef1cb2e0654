"""Somebody whose account is copied: on a pod's parts alone, with nothing running but the writer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.fediverse.followers import Follower, put_follower
from models.moving.kept_copies import COPIES, insert_copy
from models.people.accounts import Account, load_account
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.chain.views import load_view
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.moving import copy_classes
from pod.actions.moving.copy_classes import (
    CopyPage,
    class_pages,
    class_total,
    read_class,
    read_marks,
    signed_manifest,
)
from pod.actions.moving.sealed_boxes import bring_box_up
from pod.actions.moving.taken_copies import LeafPage, kept_page, leaves_of
from pod.actions.posts.posts import WrittenPost, publish
from pod.actions.posts.votes_and_marks import mute
from pod.actions.signer import TokenHolder
from pod.clock import Clock
from pod.deps import Deps
from protocol.canonical import canonical_bytes
from protocol.copies import CLASSES, CopyLine, CopyManifest, line, parse_line, parse_manifest
from protocol.ids import RecordId
from protocol.records.content import Paragraph
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables


class Traveller:
    """An account here, and what it does."""

    def __init__(self, deps: Deps, account: Account, phrase: str = "") -> None:
        self.deps = deps
        self.account = account
        self.phrase = phrase
        self.signer = TokenHolder(account, decides=True)

    @property
    def own(self) -> RecordId:
        """The personal group."""
        assert self.account.personal_group is not None
        return self.account.personal_group

    async def founds(self, name: str, visibility: str = "public") -> RecordId:
        return await start_group(self.deps, self.signer, {"name": name, "visibility": visibility})

    async def writes(self, group: RecordId, *texts: str) -> list[RecordId]:
        """Posts that the group's log holds afterwards."""
        posts = await self.says(group, *texts)
        await self.settles(group)
        return posts

    async def says(self, group: RecordId, *texts: str) -> list[RecordId]:
        """Posts that wait for the group's log."""
        written = [WrittenPost("note", [Paragraph("text", text)]) for text in texts]
        return [await publish(self.deps, self.signer, group, post) for post in written]

    async def mutes(self, group: RecordId, member: int, *, muted: bool = True) -> None:
        await mute(self.deps, self.account, group, member, muted=muted)

    async def settles(self, group: RecordId) -> None:
        """What waits is sealed and confirmed."""
        for act in (seal, confirm_head):
            await self.deps.store.write(partial(act, deps=self.deps, group=group, now=self.deps.clock()))

    async def page(self, name: str, after: str = "", *, until: str = "", private: bool = False) -> CopyPage:
        """A page of a class as this pod reads it out."""
        async with self.deps.store.database.read() as session:
            return await read_class(session, self.deps, self.account, name, after, until=until, private=private)

    async def lines(self, name: str, *, private: bool = False) -> list[CopyLine]:
        """A class as this pod reads it out."""
        async with self.deps.store.database.read() as session:
            pages = class_pages(session, self.deps, self.account, name, private=private)
            return [line async for page in pages for line in page.lines]


@asynccontextmanager
async def a_traveller(folder: Path, url: str = "", *, clock: Clock | None = None) -> AsyncIterator[Traveller]:
    """Ada, who has just signed up; `url`: of an empty database."""
    database = await open_database(url or copy_tables(folder / "pod.sqlite"), durable=False)
    try:
        async with some_parts(database, folder, clock or Clock()) as deps:
            opened = await sign_up(deps, "ada")
            async with database.read() as session:
                account = await load_account(session, opened.account)
            assert account is not None
            yield Traveller(deps, account, opened.phrase)
    finally:
        await database.close()


async def fill_each_class(ada: Traveller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each class hold a line. Pods store no files yet, so that class is given one."""
    picture = line("0" * 64, "file", name="well.jpg", type="image/jpeg", alt="A well")

    async def pictures(_session: object, _deps: object, _account: object, after: str, _limit: int) -> list[CopyLine]:
        return [picture] if after < picture.key else []

    monkeypatch.setitem(copy_classes._READERS, "media", pictures)
    fan = "https://b.example/u/bo"
    follower = Follower(f"u/{ada.account.name}", fan, f"{fan}/inbox", f"{fan}#1", 0, 1)
    await ada.deps.store.write(partial(put_follower, follower=follower, most=9))
    for group in (ada.own, await ada.founds("Well")):
        await ada.writes(group, "One.")
        await ada.mutes(group, 7)
    await bring_box_up(ada.deps, ada.account)
    for name in CLASSES:
        assert await ada.lines(name), name


class PodSource:
    """A traveller's pod as a copy's source, asked without a network; `asked` counts what was."""

    def __init__(self, traveller: Traveller, *, private: bool = False) -> None:
        self.traveller = traveller
        self.private = private
        self.asked: list[str] = []

    async def marks(self) -> dict[str, str]:
        self.asked.append("marks")
        async with self.traveller.deps.store.database.read() as session:
            return await read_marks(session, self.traveller.deps, self.traveller.account, private=self.private)

    async def manifest(self) -> tuple[CopyManifest, bytes]:
        self.asked.append("manifest")
        deps, account = self.traveller.deps, self.traveller.account
        async with deps.store.database.read() as session:
            state = (await load_view(session, deps, self.traveller.own)).state
            body = await signed_manifest(session, deps, account, now=deps.clock(), private=self.private)
        return parse_manifest(body, state), canonical_bytes(body)

    async def claimed(self) -> CopyManifest:
        self.asked.append("claimed")
        async with self.traveller.deps.store.database.read() as session:
            deps, account = self.traveller.deps, self.traveller.account
            totals = {name: await class_total(session, deps, account, name, private=self.private) for name in CLASSES}
        return CopyManifest(self.traveller.own, deps.identity.base_url, deps.clock(), totals)

    async def page(self, name: str, after: str, until: str) -> CopyPage:
        self.asked.append(name)
        page = await self.traveller.page(name, after, until=until, private=self.private)
        return CopyPage(tuple(parse_line(line.text) for line in page.lines), page.next)

    async def leaves(self, name: str, after: str) -> LeafPage:
        self.asked.append(f"leaves of {name}")
        return leaves_of(await self.traveller.page(name, after, private=self.private))


async def a_copy_of(traveller: Traveller, deps: Deps, *, quota: int = 10**9) -> int:
    """An empty copy of the traveller's account at another pod."""
    begun = partial(
        insert_copy, group=traveller.own, pod=traveller.deps.identity.base_url, quota=quota, now=deps.clock()
    )
    return await deps.store.write(begun)


@asynccontextmanager
async def a_second_home(
    folder: Path, traveller: Traveller, *, quota: int = 10**9, clock: Clock | None = None
) -> AsyncIterator[tuple[Deps, int]]:
    """The parts of another pod, with an empty copy of the traveller's account."""
    folder.mkdir()  # noqa: ASYNC240  (one folder of a test)
    database = await open_database(copy_tables(folder / "pod.sqlite"), durable=False)
    try:
        async with some_parts(database, folder, clock or Clock(), host=2) as deps:
            yield deps, await a_copy_of(traveller, deps, quota=quota)
    finally:
        await database.close()


async def count_copies(session: AsyncSession) -> int:
    """How many copies a pod holds."""
    return int(await session.scalar(select(func.count()).select_from(COPIES)) or 0)


async def kept_lines(deps: Deps, copy: int, name: str) -> list[CopyLine]:
    """A class as the copy's pod reads it out."""
    lines: list[CopyLine] = []
    async with deps.store.database.read() as session:
        while (page := await kept_page(session, copy, name, lines[-1].key if lines else "")).lines:
            lines += page.lines
    return lines
