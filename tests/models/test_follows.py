from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import LogPlace
from models.content.projections import project, project_members
from models.engine.databases import Database
from models.engine.writer import Writer
from models.fediverse.actor_keys import StoredActorKeys, insert_actor_keys, load_actor_keys
from models.fediverse.followers import (
    Follower,
    Shows,
    count_followers,
    count_shown,
    delete_follower,
    delete_followers,
    insert_announced,
    list_follower_inboxes,
    list_shown,
    list_untold,
    load_changed_at,
    load_followed_since,
    put_follower,
)
from models.groups.records import load_records
from tests.models.builders import GROUP, a_patch, a_post, a_state, a_vote, accept

ADA = "u/ada"


def a_follower(name: str, path: str = ADA, **members: object) -> Follower:
    values = {"path": path, "actor": name, "inbox": f"{name}/inbox", "follow": f"{name}#1", "since_seq": 5, "at": 1}
    return Follower(**{**values, **members})  # type: ignore[arg-type]


async def test_a_follower_counts_once_and_keeps_when_it_came(writer: Writer, database: Database) -> None:
    async def action(session: AsyncSession) -> list[bool]:
        first = await put_follower(session, a_follower("bo"), most=2)
        again = await put_follower(session, a_follower("bo", inbox="shared", since_seq=9), most=2)
        second = await put_follower(session, a_follower("cy", inbox="shared", since_seq=7), most=2)
        return [first, again, second, await put_follower(session, a_follower("eve"), most=2)]

    assert await writer.write(action) == [True, True, True, False]
    async with database.read() as session:
        assert await count_followers(session, ADA) == 2
        assert await list_follower_inboxes(session, ADA, 10) == ["shared"]
        assert await load_followed_since(session, ADA) == 5
        assert await load_followed_since(session, "u/bo") is None


async def test_who_follows_no_more_is_forgotten_by_whom_it_followed_or_by_its_follow(
    writer: Writer, database: Database
) -> None:
    async def action(session: AsyncSession) -> None:
        for path in (ADA, "u/bo", "u/cy", "u/di"):
            await put_follower(session, a_follower("x", path, follow=f"{path}#1"), most=9)
        await delete_follower(session, "x", path=ADA)
        await delete_follower(session, "x", follow="u/bo#1")
        await delete_follower(session, "another", path="u/cy")

    await writer.write(action)
    async with database.read() as session:
        assert [await count_followers(session, path) for path in (ADA, "u/bo", "u/cy", "u/di")] == [0, 0, 1, 1]

    async def gone(session: AsyncSession) -> None:
        await delete_followers(session, "x")

    await writer.write(gone)
    async with database.read() as session:
        assert await count_followers(session, "u/di") == 0


async def test_followers_are_told_of_what_is_shown_and_new_and_not_told_yet(writer: Writer, database: Database) -> None:
    posts = [a_post(1, number) for number in range(1, 5)]
    shown = [a_vote(post.id, 1, 10 + place) for place, post in enumerate(posts[:3])]

    async def action(session: AsyncSession) -> None:
        await project_members(session, a_state({1: 1000}))
        refused, patch = a_vote(posts[3].id, 1, 20, value=-1000), a_patch(posts[0].id)
        await project(session, await accept(session, *posts, *shown, refused, patch))
        await insert_announced(session, GROUP, [posts[1].id], now=1)

    await writer.write(action)
    async with database.read() as session:
        listed = await list_shown(session, Shows(GROUP, 0), 10)
        assert [post for _, post in listed] == [posts[2].id, posts[1].id, posts[0].id]
        assert await count_shown(session, Shows(GROUP, 0)) == 3
        first, first_seq = listed[-1], next(iter((await load_records(session, [posts[0].id])).values())).seq
        assert await list_untold(session, Shows(GROUP, 0), first_seq - 1, 10) == [posts[0].id, posts[2].id]
        assert await list_untold(session, Shows(GROUP, 0), first_seq, 10) == [posts[2].id]
        assert await list_shown(session, Shows(GROUP, 0), 10, before=LogPlace(first[0] + 1)) == [first]
        assert await load_changed_at(session, GROUP, posts[0].id) is not None
        assert await load_changed_at(session, GROUP, posts[1].id) is None


async def test_an_actor_keeps_the_keys_that_it_got_first(writer: Writer, database: Database) -> None:
    keys = StoredActorKeys(ADA, b"box", "PEM", b"box", "z6Mk", 1)

    async def action(session: AsyncSession) -> None:
        await insert_actor_keys(session, keys)
        await insert_actor_keys(session, StoredActorKeys(ADA, b"other", "other", b"other", "other", 2))

    await writer.write(action)
    async with database.read() as session:
        assert await load_actor_keys(session, ADA) == keys
