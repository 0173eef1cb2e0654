"""Archives of posts that people upload: written once, and saying where they come from only if that is proven."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import MEMBERSHIPS
from models.people.notifications import list_news
from moderation.lens import Lens
from pod.actions.moving import proven_actors
from pod.actions.moving.import_orders import (
    begin_import,
)
from pod.actions.reading.group.post_list import list_group_posts
from pod.actions.reading.post.story import read_story
from pod.deps import Deps
from pod.jobs.brought_files import CLAIM_MS, go_on
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from tests.support import foreign_files as files
from tests.support.bringing import brings, claimed, done, no_sleep, sight
from tests.support.foreign_files import boost, note, outbox
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import Traveller, a_traveller


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
async def ada(tmp_path: Path, clock: SetClock) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path, clock=clock) as traveller:
        yield traveller


async def posts_of(ada: Traveller) -> list[Any]:
    await ada.settles(ada.own)
    return list((await list_group_posts(ada.deps, None, ada.own, Lens((ada.own,)), before=None, limit=99)).page.posts)


async def test_mg_11_an_uploaded_archive_becomes_posts_once_and_nobody_is_told(
    ada: Traveller, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlisted = note(3, to=[files.FOLLOWERS], cc=[files.PUBLIC])
    raw = outbox(note(1), note(2, inReplyTo=f"{files.ANNA}/statuses/1"), unlisted, boost(4))
    shown = await brings(ada, raw, "outbox.json")
    assert (shown.stored.kind, shown.told.sorts) == ("posts", {"public": 2, "unlisted": 1, "boosts": 1})

    await begin_import(ada.deps, ada.account, replace=False, unlisted=False)

    async def killed(_seconds: float) -> None:
        raise SystemError

    monkeypatch.setattr(proven_actors, "fetch_document", answers({}))
    with pytest.raises(SystemError):
        await go_on(ada.deps, await claimed(ada), killed)
    clock.ms += CLAIM_MS
    await go_on(ada.deps, await claimed(ada), no_sleep)
    ended = await sight(ada)
    again = await brings(ada, raw, "outbox.json")
    again = await done(ada, unlisted=True)

    assert (ended.stored.done, ended.stored.taken) == (3, 2)
    assert [one.count for one in ended.told.untaken] == [1]
    assert (again.stored.taken, again.stored.passed) == (1, 2)
    posts = await posts_of(ada)
    assert len(posts) == 3
    assert {post.imported.from_ for post in posts} == {""}
    async with ada.deps.store.database.read() as session:
        assert await list_news(session, ada.account.id, 9) == []


def answers(document: dict[str, Any]) -> Callable[..., Any]:
    async def fetch(_deps: Deps, _url: str) -> dict[str, Any]:
        return document

    return fetch


LIES = (
    {"id": files.ANNA},
    {"id": files.ANNA, "alsoKnownAs": "{own}x"},
    {"id": files.ANNA, "alsoKnownAs": [["{own}"], {"id": "{own}"}]},
    {"id": "https://old.example/users/bert", "alsoKnownAs": ["{own}"]},
    {"id": files.ANNA, "alsoKnownAs": [*["https://x.example"] * 100, "{own}"]},
    {"id": files.ANNA, "movedTo": "{own}"},
)


@pytest.mark.parametrize("lie", LIES)
async def test_mg_11_where_posts_come_from_is_written_only_if_the_old_account_names_the_new_one(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch, lie: dict[str, Any]
) -> None:
    own = f"{ada.deps.identity.base_url}/u/{ada.account.name}"

    def filled(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("{own}", own))

    monkeypatch.setattr(proven_actors, "fetch_document", answers(filled(lie)))
    assert await proven_actors.proven_actor(ada.deps, ada.account, files.ANNA) == ""
    monkeypatch.setattr(
        proven_actors,
        "fetch_document",
        answers(filled({"id": files.ANNA, "alsoKnownAs": ["https://x.example", "{own}"]})),
    )
    assert await proven_actors.proven_actor(ada.deps, ada.account, files.ANNA) == files.ANNA


async def test_mg_11_posts_of_a_proven_account_say_so(ada: Traveller, monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"{ada.deps.identity.base_url}/u/{ada.account.name}"
    monkeypatch.setattr(proven_actors, "fetch_document", answers({"id": files.ANNA, "alsoKnownAs": own}))
    await brings(ada, outbox(note(1)), "outbox.json")
    await done(ada)
    assert [post.imported.from_ for post in await posts_of(ada)] == [files.ANNA]


async def proven_of(ada: Traveller, post: RecordId) -> str:
    """What the post's page would name."""
    return (await read_story(ada.deps, None, ada.own, post, Lens((ada.own,)))).proven


async def test_mg_11_a_page_names_where_a_post_comes_from_only_if_this_pod_itself_asked(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"{ada.deps.identity.base_url}/u/{ada.account.name}"
    monkeypatch.setattr(proven_actors, "fetch_document", answers({"id": files.ANNA, "alsoKnownAs": own}))
    await brings(ada, outbox(note(1)), "outbox.json")
    await done(ada)
    (post,) = await posts_of(ada)
    assert await proven_of(ada, post.post) == files.ANNA

    # The same record, signed by a key that no account here has: another pod's claim.
    async def elsewhere(session: AsyncSession) -> None:
        await session.execute(update(MEMBERSHIPS).values(signing=PrivateKey.from_seed(bytes(32)).did))

    await ada.deps.store.write(elsewhere)
    assert await proven_of(ada, post.post) == ""
