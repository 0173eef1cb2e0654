"""No bound is silent: home leaves no group out, and where not all is read or listed, that is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count, islice
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.content import subjects
from models.content.subjects import find_groups
from models.engine.databases import open_database
from models.people.accounts import Account, load_account
from models.people.subscriptions import Following, save_following
from moderation.lens import Lens
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.groups.subscriptions import MOST_FOLLOWED
from pod.actions.posts.posts import WrittenPost, add_paragraphs, publish
from pod.actions.posts.votes_and_marks import mute
from pod.actions.reading.person import own_hides
from pod.actions.reading.person.home import MOST_JUDGES, load_home
from pod.actions.reading.person.own_hides import list_hides
from pod.actions.reading.post import text
from pod.actions.reading.post.posts import describe_post
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from protocol.records.content import Address, Paragraph
from tests.support.sinks import NOON, SetClock, some_parts
from tests.support.tables import copy_tables
from tests.support.writing import an_id


@pytest.fixture
async def deps(tmp_path: Path) -> AsyncIterator[Deps]:
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"), durable=False)
    async with some_parts(database, tmp_path, SetClock(NOON)) as parts:
        yield parts
    await database.close()


@pytest.fixture
async def ada(deps: Deps) -> Account:
    opened = await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        account = await load_account(session, opened.account)
    assert account is not None
    return account


async def test_home_leaves_no_group_out_however_many_are_read(deps: Deps, ada: Account) -> None:
    group = max([await start_group(deps, TokenHolder(ada), {"name": name}) for name in "abc"])
    post = await publish(deps, TokenHolder(ada), group, WrittenPost("note", [Paragraph("text", "Here it is.")]))
    # Once the 400 groups were read that sort first.
    before = islice((one for one in map(an_id, count()) if one < group), MOST_FOLLOWED - 1)

    async def follow(session: AsyncSession) -> None:
        for number, other in enumerate(before):
            await save_following(session, Following(ada.id, other, lens=number < MOST_JUDGES + 3, since_at=NOON))

    await deps.store.write(follow)

    seen = await load_home(deps, ada, before=None, limit=20)

    assert post in [line.post for line in seen.posts]
    assert seen.unheard == 3


async def test_a_post_says_that_it_has_more_edits_than_are_read(
    deps: Deps, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = TokenHolder(ada)
    group = await start_group(deps, signer, {"name": "Group"})
    post = await publish(deps, signer, group, WrittenPost("note", [Paragraph("text", "One.")]))
    for said in ("Two.", "Three."):
        await add_paragraphs(deps, signer, group, post, Address(post, 0), [Paragraph("text", said)])
    told = []
    for most in (3, 2):
        monkeypatch.setattr(text, "MOST_SHEETS", most)
        seen = await describe_post(deps, ada, group, post, Lens((group,)))
        told.append((len(seen.paragraphs), seen.more))

    assert told == [(3, False), (2, True)]


async def test_who_hides_more_than_is_listed_is_told_so(
    deps: Deps, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_hides, "MOST_HIDES", 2)
    told = []
    for member in (1, 2, 3):
        await mute(deps, ada, an_id("group"), member, muted=True)
        hides = await list_hides(deps, ada)
        told.append((len(hides.writers), hides.more))

    assert told == [(1, False), (2, False), (2, True)]


async def test_a_group_is_found_by_its_name_however_many_stand_before_it(
    deps: Deps, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "NAMES_AT_ONCE", 2)
    names = ("Alpha", "Beta", "Beta", "Gamma", "The well", "The well")
    groups = [await start_group(deps, TokenHolder(ada), {"name": name}) for name in names]
    async with deps.store.database.read() as session:
        told = [[one.group for one in await find_groups(session, "well", (), limit)] for limit in (9, 1)]

    assert told == [sorted(groups[4:]), sorted(groups[4:])[:1]]
