"""Somebody whose account is copied: on a pod's parts alone, with nothing running but the writer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from models.engine.databases import open_database
from models.people.accounts import Account, load_account
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.moving.copy_classes import CopyPage, class_pages, read_class
from pod.actions.posts.posts import WrittenPost, publish
from pod.actions.posts.votes_and_marks import mute
from pod.actions.signer import TokenHolder
from pod.clock import Clock
from pod.deps import Deps
from protocol.copies import CopyLine
from protocol.ids import RecordId
from protocol.records.content import Paragraph
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables


class Traveller:
    """An account here, and what it does."""

    def __init__(self, deps: Deps, account: Account) -> None:
        self.deps = deps
        self.account = account
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

    async def mutes(self, group: RecordId, member: int) -> None:
        await mute(self.deps, self.account, group, member, muted=True)

    async def settles(self, group: RecordId) -> None:
        """What waits is sealed and confirmed."""
        for act in (seal, confirm_head):
            await self.deps.store.write(partial(act, deps=self.deps, group=group, now=self.deps.clock()))

    async def page(self, name: str, after: str = "", *, private: bool = False) -> CopyPage:
        """A page of a class as this pod reads it out."""
        async with self.deps.store.database.read() as session:
            return await read_class(session, self.deps, self.account, name, after, private=private)

    async def lines(self, name: str, *, private: bool = False) -> list[CopyLine]:
        """A class as this pod reads it out."""
        async with self.deps.store.database.read() as session:
            pages = class_pages(session, self.deps, self.account, name, private=private)
            return [line async for page in pages for line in page.lines]


@asynccontextmanager
async def a_traveller(folder: Path, clock: Clock | None = None) -> AsyncIterator[Traveller]:
    """Ada, who has just signed up."""
    database = await open_database(copy_tables(folder / "pod.sqlite"), durable=False)
    try:
        async with some_parts(database, folder, clock or Clock()) as deps:
            opened = await sign_up(deps, "ada")
            async with database.read() as session:
                account = await load_account(session, opened.account)
            assert account is not None
            yield Traveller(deps, account)
    finally:
        await database.close()
