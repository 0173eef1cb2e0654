"""What a group costs does not grow with its members: seals, posts, pages, and a view that another process outdated."""

from __future__ import annotations

import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.people.accounts import Account, load_account_named
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.chain.views import find_view
from pod.actions.groups.founding import found_group, sign_up
from pod.actions.posts.records import submit, write_post
from pod.actions.reading.group.groups import describe_group, describe_member, list_members
from pod.actions.reading.group.members import describe_roster_member, list_roster, load_balance
from pod.actions.reading.post.votes import explain_score
from pod.actions.signer import SignedIn
from pod.clock import Clock
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Paragraph, Post, PostTarget
from protocol.records.drafts import draft
from tests.support.large_group import enlarge
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

FEW, MANY = 1_000, 10_000
ROUNDS: Final = 5
MOST: Final = 3  # times; what walks over all members costs ten times as much
BODY: Final = Post(kind="note", paragraphs=(Paragraph("text", "Words."),), **UNSIGNED)
Act = Callable[[], Awaitable[object]]


class LargeGroup:
    """A group of ada's with many members, and what is done in it again and again."""

    def __init__(self, deps: Deps, ada: Account, group: RecordId, members: int) -> None:
        self.deps, self.ada, self.group, self.last = deps, ada, group, members
        self.post: RecordId | None = None

    async def write_and_seal(self) -> None:
        """A post, with the delivery to the group's other pods, and the item that logs it."""
        signer = SignedIn(self.ada, self.deps.clock())
        self.post = (await submit(self.deps, write_post, signer, self.group, draft(BODY))).id
        await self.deps.store.write(self._seal)

    async def _seal(self, session: AsyncSession) -> None:
        assert await seal(session, self.deps, self.group, now=self.deps.clock())
        await confirm_head(session, self.deps, self.group, now=self.deps.clock())

    async def read_as_outdated(self) -> None:
        """Read the group after another process moved its head."""
        self.deps.store.views.forget()
        await find_view(self.deps, self.group)

    async def describe(self) -> None:
        """The group's description, after an item that nobody asked about yet."""
        self.deps.memory.hashes.clear()
        await describe_group(self.deps, self.group, self.ada)

    def pages(self) -> dict[str, Act]:
        """What is read, each as after a commit."""
        deps, ada, group, middle = self.deps, self.ada, self.group, self.last // 2
        assert self.post is not None
        post = PostTarget(self.post)
        return {
            "description": self.describe,
            "members": lambda: list_members(deps, ada, group, after=middle, limit=50),
            "member": lambda: describe_member(deps, ada, group, middle),
            "table of members": lambda: list_roster(deps, ada, group, after=middle, limit=50),
            "a member's page": lambda: describe_roster_member(deps, ada, group, middle, before=None, limit=50),
            "weights": lambda: load_balance(deps, ada, group),
            "weights after a change": lambda: load_balance(deps, ada, group, (middle, 2000)),
            "why a post is shown": lambda: explain_score(deps, ada, group, post),
        }

    async def costs(self) -> dict[str, float]:
        """Milliseconds of CPU time of each."""
        found = {"seal and push": await self._least(self.write_and_seal)}
        found["view outdated by another process"] = await self._least(self.read_as_outdated)
        return found | {name: await self._least(read) for name, read in self.pages().items()}

    async def _least(self, act: Act) -> float:
        taken = []
        for _ in range(ROUNDS):
            self.deps.store.remembered._held.clear()
            begun = time.process_time()
            await act()
            taken.append(time.process_time() - begun)
        return 1000 * min(taken)


@pytest.fixture
async def deps(tmp_path: Path) -> AsyncIterator[Deps]:
    database = await open_database(copy_tables(tmp_path / "pod.db"), durable=False)
    async with some_parts(database, tmp_path, Clock()) as made:
        yield made
    await database.close()


async def grown(deps: Deps, ada: Account, members: int) -> LargeGroup:
    wish = {"name": f"A town of {members}", "weight": 3000, "others_weight": 1000}
    group = await deps.store.write(
        lambda session: found_group(session, deps, SignedIn(ada, deps.clock()), ada, dict(wish))
    )
    await enlarge(deps, group, members - 1)
    return LargeGroup(deps, ada, group, members)


async def test_no_seal_push_or_page_gets_dearer_with_the_number_of_members(deps: Deps) -> None:
    await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    few, many = [await grown(deps, ada, members) for members in (FEW, MANY)]
    gc.collect()

    cheap, dear = await few.costs(), await many.costs()

    assert {name: (cheap[name], cost) for name, cost in dear.items() if cost > MOST * cheap[name]} == {}
