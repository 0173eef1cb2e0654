"""Posts that were imported have their own dates and their mark, and are news to nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from federation.elsewhere.foreign_posts import ForeignEntry
from federation.elsewhere.group_past import read_past
from federation.elsewhere.mastodon_archive import read_posts
from models.fediverse.deliveries import ACTIVITIES
from models.fediverse.followers import Follower, put_follower
from models.fediverse.readers import put_reader
from models.people.accounts import load_account
from models.people.notifications import list_news
from models.people.subscriptions import Following, save_following
from moderation.lens import Lens
from pod.actions.chain.rebuild_projections import rebuild_projections
from pod.actions.fediverse.followers import tell_followers
from pod.actions.fediverse.post_documents import show_record
from pod.actions.groups.founding import sign_up
from pod.actions.moving import imported_posts
from pod.actions.moving.imported_posts import ImportTold, ImportWish, import_posts
from pod.actions.posts.posts import WrittenPost, erase, publish
from pod.actions.reading.group.post_list import list_group_posts
from pod.actions.reading.person.home import load_home
from pod.actions.reading.search import SearchQuestion, seek
from pod.actions.record_kinds import _answers
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Imported, Paragraph, Post, ReplyTo
from tests.support import foreign_files as files
from tests.support.foreign_files import boost, note, outbox
from tests.support.travellers import Traveller, a_traveller

READER = "https://reads.example"


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path) as ada:
        yield ada


def archive(*entries: Any) -> list[ForeignEntry]:
    return list(read_posts(BytesIO(outbox(*entries)), "outbox.json"))


async def no_room(_told: ImportTold, *, room: bool) -> bool:
    return room


async def brings(ada: Traveller, entries: list[ForeignEntry], into: RecordId | None = None, **wish: Any) -> ImportTold:
    group = into or ada.own
    told = await import_posts(ada.deps, ada.signer, group, entries, ImportWish(**wish), no_room)
    await ada.settles(group)
    return told


async def sent(ada: Traveller) -> int:
    async with ada.deps.store.database.read() as session:
        return len(list(await session.scalars(select(ACTIVITIES.c.id))))


async def test_mg_11_nothing_imported_is_delivered_notified_or_new_in_a_home(ada: Traveller) -> None:
    deps, own = ada.deps, ada.own
    opened = await sign_up(deps, "bo")
    follower = Follower(f"u/{ada.account.name}", "https://gamma.example/bo", "https://gamma.example/inbox", "x", 0, 1)
    await deps.store.write(partial(put_follower, follower=follower, most=9))
    await deps.store.write(partial(put_reader, group=own, pod=READER, term=0, most=9, now=1))
    await deps.store.write(partial(save_following, following=Following(opened.account, own, lens=True, since_at=1)))
    entries = archive(note(1), note(2, inReplyTo=f"{files.ANNA}/statuses/1"), note(3, summary="Ducks"))

    told = await brings(ada, entries)
    await tell_followers(deps, own, now=deps.clock())

    assert (told.written, told.refused) == (3, [])
    assert await sent(ada) == 0
    async with deps.store.database.read() as session:
        bo = await load_account(session, opened.account)
        assert bo is not None
        assert [await list_news(session, one, 9) for one in (bo.id, ada.account.id)] == [[], []]
    for reader in (bo, ada.account):
        assert (await load_home(deps, reader, before=None, limit=9)).posts == ()

    (fresh,) = await ada.writes(own, "New.")
    await tell_followers(deps, own, now=deps.clock())

    assert await sent(ada) > 0
    assert [card.post for card in (await load_home(deps, bo, before=None, limit=9)).posts] == [fresh]


async def test_mg_11_an_imported_post_is_shown_with_its_own_date_and_its_mark(ada: Traveller) -> None:
    await brings(ada, archive(note(1, "<p>Old ducks</p>"), note(2, summary="Naked ducks")))

    listed = await list_group_posts(ada.deps, None, ada.own, Lens((ada.own,)), before=None, limit=9)
    by_date = {line.at: line for line in listed.page.posts}
    first, warned = by_date[1_614_834_361_000], by_date[1_614_834_362_000]
    found = await seek(ada.deps, None, SearchQuestion("ducks"), before=None, limit=9, in_order_of="en")
    document = (await show_record(ada.deps, first.post)).document

    assert first.imported == Imported(url="https://old.example/@anna/1", published=1_614_834_361_000)
    assert (warned.title, listed.excerpts.get(warned.post, "")) == ("Naked ducks", "")
    assert listed.excerpts[first.post] == "Old ducks"
    assert {hit.card.at for hit in found.hits if hit.card} == set(by_date)
    assert document["published"] == "2021-03-04T05:06:01Z"
    assert document["record"]["imported"]["url"] == "https://old.example/@anna/1"


async def test_mg_11_a_file_that_is_read_again_writes_nothing_twice_and_threads_are_kept(ada: Traveller) -> None:
    first = archive(note(1))
    answer = note(2, inReplyTo=f"{files.ANNA}/statuses/1")
    await brings(ada, first)

    told = await brings(ada, archive(note(1), answer, answer))
    again = await brings(ada, archive(note(1), answer))
    listed = await list_group_posts(ada.deps, None, ada.own, Lens((ada.own,)), before=None, limit=9)

    assert (told.written, told.known) == (1, 2)
    assert (again.written, again.known) == (0, 2)
    replies = {line.post: line.reply_to for line in listed.page.posts}
    assert sorted(replies.values(), key=str) == sorted(
        [None, next(one for one in replies if not replies[one])], key=str
    )


async def test_mg_11_only_public_posts_are_taken_into_a_public_group_and_the_others_are_named(ada: Traveller) -> None:
    entries = archive(
        note(1),
        note(2, to=[files.FOLLOWERS], cc=[files.PUBLIC]),
        note(3, to=[files.FOLLOWERS], cc=[]),
        note(4, to=["https://pond.example/users/bo"], cc=[]),
        boost(5),
        note(6, "<p>\u3164</p>"),
        note(7, "", attachment=[files.picture()]),
        7,
    )
    closed = await ada.founds("Closed", "private")

    told = await brings(ada, entries)
    unlisted = await brings(ada, entries, unlisted=True)
    inside = await brings(ada, entries, closed)

    assert [(one.row, one.refused.rule.key) for one in told.refused] == [
        (2, "row_not_public"),
        (3, "row_not_public"),
        (4, "row_not_public"),
        (5, "row_not_read"),
        (6, "row_not_a_post"),
        (7, "row_not_a_post"),
        (8, "row_odd"),
    ]
    assert (told.written, unlisted.written, unlisted.known, inside.written) == (1, 1, 1, 4)


async def test_a_groups_past_keeps_its_threads_and_its_authors_as_names(ada: Traveller) -> None:
    group = await ada.founds("Ducks")
    entries = list(read_past(BytesIO(files.lines(*files.LOOMIO)), "group.json"))

    told = await brings(ada, entries, group)
    listed = await list_group_posts(ada.deps, None, group, Lens((group,)), before=None, limit=9)

    assert told.written == 2
    (opening,) = [line for line in listed.page.posts if line.imported and line.imported.author == "Bo Ek"]
    (answer,) = [line for line in listed.page.posts if line != opening]
    assert (opening.title, answer.reply_to) == ("Ducks", opening.post)


async def test_an_import_leaves_its_person_room_and_goes_on_when_there_is_some(
    ada: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imported_posts, "AT_ONCE", 2)
    monkeypatch.setattr(imported_posts, "MAX_PENDING_RECORDS", 8)  # so that four of its own stay for its person
    entries = archive(*map(note, range(6)))
    pauses: list[int] = []

    async def settle_first(_told: ImportTold, *, room: bool) -> bool:
        if not room:
            pauses.append(1)
            await ada.settles(ada.own)
        return True

    stopped = await import_posts(ada.deps, ada.signer, ada.own, entries, ImportWish(), no_room)
    await publish(ada.deps, ada.signer, ada.own, WrittenPost("note", [Paragraph("text", "Meanwhile.")]))
    told = await import_posts(ada.deps, ada.signer, ada.own, entries, ImportWish(), settle_first)

    assert (stopped.written, stopped.stopped) == (2, True)
    assert (told.written, told.known, told.stopped) == (4, 2, False)
    assert len(pauses) == 2


async def test_rows_of_imported_posts_are_the_same_when_they_are_made_anew_also_after_an_erasure(
    ada: Traveller,
) -> None:
    await brings(ada, archive(note(1), note(2)))
    listed = await list_group_posts(ada.deps, None, ada.own, Lens((ada.own,)), before=None, limit=9)
    post = listed.page.posts[0].post
    await erase(ada.deps, ada.signer, ada.own, post, [post])
    await ada.settles(ada.own)

    assert await rebuild_projections(ada.deps) == []
    listed = await list_group_posts(ada.deps, None, ada.own, Lens((ada.own,)), before=None, limit=9)
    assert [line.imported for line in listed.page.posts if line.post == post] == [None]


def test_an_imported_answer_concerns_nobody_now() -> None:
    reply = ReplyTo(record=RecordId("x"))
    post = Post(kind="note", paragraphs=(), reply_to=reply, **UNSIGNED)

    assert _answers(post) is not None
    assert _answers(replace(post, imported=Imported(url="x", published=1))) is None
