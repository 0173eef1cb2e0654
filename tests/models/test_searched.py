"""Searching, feeds, followings and news on both engines."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.busy_groups import list_active
from models.content.home_feed import list_by_author, list_feed, load_cards
from models.content.member_lists import (
    count_votes,
    list_claims,
    list_heaviest,
    list_seated,
)
from models.content.posts_and_votes import NEVER_NEW, POSTS
from models.content.projections import project, project_members
from models.content.replies import count_answers
from models.content.search import Query, search
from models.content.subjects import count_public, find_groups, find_subjects, list_on_subject, list_subjects
from models.content.word_pieces import asked_pieces, folded, has_terms
from models.engine.databases import Database
from models.engine.writer import Writer
from models.fediverse.followers import Shows
from models.groups.groups_and_items import StoredGroup, insert_group, list_public, load_held, load_lines
from models.groups.log_pages import list_log_back
from models.groups.records import set_logged
from models.people.accounts import insert_account
from models.people.notifications import MOST_KEPT, News, count_unseen, insert_news, list_news, mark_seen
from models.people.subscriptions import Following, delete_following, list_followings, load_following, save_following
from protocol.ids import record_id
from protocol.records.envelope import Record
from tests.models.builders import GROUP, a_patch, a_post, a_profile, a_record, a_state, a_vote, accept, an_erasure

POST = a_post(texts=("Värmepumpar i gamla hus.", "Off-by-one: don't."), language="sv")
REPLY = a_post(2, 2, ("Cherries.",), reply_to={"record": POST.id})
NAMED = a_post(1, 3, ("A name.",), reply_to={"subject": "Ä subject"})


async def take(writer: Writer, *records: Record) -> None:
    async def action(session: AsyncSession) -> None:
        await project(session, await accept(session, *records))

    await writer.write(action)


@pytest.fixture
async def stocked(writer: Writer) -> Writer:
    async def action(session: AsyncSession) -> None:
        names = ("id", "kind", "name", "visibility", "local", "head_id", "head_height", "anchor_id", "anchor_height")
        values = (GROUP, "group", "100% Öppen_grupp", "public", True, GROUP, 0, GROUP, 0)
        rest = {"log_size": 3, "log_peaks": b"", "snapshot": b"", "snapshot_item": GROUP, "added_at": 1}
        await insert_group(session, StoredGroup(**dict(zip(names, values, strict=True)), **rest))  # type: ignore[arg-type]
        await project_members(session, a_state({1: 3000, 2: 1000, 3: 0, 4: -5}))

    await writer.write(action)
    await take(writer, POST, REPLY, NAMED, a_profile(2, 4, "Körsbär"), a_patch(POST.id, counter=5, text="plums"))
    return writer


async def found(database: Database, words: str, **narrowed: object) -> list[str]:
    async with database.read() as session:
        hits = await search(session, Query(words, **narrowed), 10)  # type: ignore[arg-type]
    return [hit.kind for hit in hits]


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("värmepump", ["post"]),
        ("VÄRMEPUMPAR hus", ["post"]),
        ("hus cherries", []),
        ("varmepumpar", ["post"]),
        ("plums", ["patch"]),
        ("körsb", ["profile"]),
        ("off by one", ["post"]),
        ("don", ["post"]),
        ("", []),
        ('"*:()-', []),
    ],
)
async def test_md_26_both_engines_find_by_the_same_words(
    stocked: Writer, database: Database, words: str, kinds: list[str]
) -> None:
    del stocked
    assert await found(database, words) == kinds


ASIAN = (
    "日本語のテキストを検索する。",
    "人人生而自由。在尊严和权利上一律平等。",
    "ภาษาไทยค้นหา",
    "대한민국헌법",
    "かばん",
)


@pytest.mark.parametrize(
    ("words", "found_text"),
    [
        ("テキスト", 0),
        ("ﾃｷｽﾄ", 0),
        ("日本語", 0),
        ("语", None),
        ("検", 0),
        ("る", 0),
        ("权利", 1),
        ("利权", None),
        ("自由平等", None),
        ("ค้นหา", 2),
        ("민국", 3),
        ("법", 3),
        ("かはん", None),
    ],
)
async def test_public_20_words_within_a_run_of_letters_are_found(
    stocked: Writer, database: Database, words: str, found_text: int | None
) -> None:
    posts = [a_post(1, 100 + number, (text,)) for number, text in enumerate(ASIAN)]
    await take(stocked, *posts)
    async with database.read() as session:
        hits = await search(session, Query(words), 10)
    assert [hit.record_id for hit in hits] == ([] if found_text is None else [posts[found_text].id])


ALPHABETS = (
    *("aäbo1", "дожё", "日本語利权", "テスがか゛", "대한민국", "ขคนั้า", "हिन्दी"),
    *("אבָג", "ab日語1", "İßﬁ²½", "一\U00020000々"),
)


def some_text(random: Random, longest: int) -> str:
    runs = ("".join(random.choices(random.choice(ALPHABETS), k=random.randint(1, 6))) for _ in range(longest))
    return "".join(run + random.choice(["", " ", "-", "_", "。"]) for run in runs)


async def test_public_20_both_engines_find_what_has_all_the_pieces(stocked: Writer, database: Database) -> None:
    random = Random(20)
    texts = {post.id: text for text, post in _posts_of(some_text(random, 5) for _ in range(120))}
    await take(stocked, *(post for _, post in _posts_of(texts.values())))
    some = 0
    async with database.read() as session:
        for _ in range(200):
            text = random.choice(list(texts.values()))
            begin = random.randrange(len(text))
            asked = text[begin : begin + random.randint(1, 5)]
            hits = {hit.record_id for hit in await search(session, Query(asked), 1000)}
            assert hits & texts.keys() == {id for id, text in texts.items() if _has_pieces(text, asked)}, ascii(asked)
            exact = {id for id, text in texts.items() if asked_pieces(asked) and has_terms(text, asked)}
            assert exact <= hits
            some += bool(exact)
    assert some > 100


def _posts_of(texts: Iterable[str]) -> list[tuple[str, Record]]:
    return [(text, a_post(1, 200 + number, (text,))) for number, text in enumerate(texts)]


def _has_pieces(text: str, asked: str) -> bool:
    pieces = folded(f"Title\n{text}").split()
    wanted = asked_pieces(asked)
    return bool(wanted) and all(any(piece.startswith(one) for piece in pieces) for one in wanted)


async def test_public_20_public_names_are_found_in_capitals_or_not(stocked: Writer, database: Database) -> None:
    await take(stocked, a_post(1, 30, ("x",), reply_to={"subject": "日本語 Ö"}))
    async with database.read() as session:
        assert await find_subjects(session, "ä SUB", (), 9) == [("Ä subject", GROUP)]
        assert await find_subjects(session, "subject", (), 9) == []
        assert await find_subjects(session, "日本", (), 9) == [("日本語 Ö", GROUP)]
        assert await find_subjects(session, "!", (), 9) == []


async def test_md_26_what_is_narrowed_hidden_or_erased_is_not_found(stocked: Writer, database: Database) -> None:
    assert await found(database, "värmepump", language="en") == []
    assert await found(database, "värmepump", group=record_id(b"other")) == []
    assert await found(database, "värmepump", kinds=("profile",)) == []
    await take(stocked, a_record("Profile", 1, 9, nickname="ada", indexable=False))
    assert await found(database, "värmepump") == []
    await take(stocked, a_record("Profile", 1, 10, nickname="ada"))
    assert await found(database, "värmepump") == ["post"]
    await take(stocked, an_erasure(1, 11, POST.id))
    assert await found(database, "värmepump") == []


async def test_lists_of_posts_members_and_subjects_answer_on_both_engines(stocked: Writer, database: Database) -> None:
    await take(stocked, a_vote(POST.id, 1, 20), a_vote(POST.id, 2, 21, -500))
    async with database.read() as session:
        feed, _ = await list_feed(session, [GROUP, record_id(b"none")], 2)
        assert [card.id for card in feed] == [NAMED.id, REPLY.id]
        assert [card.id for card in (await list_feed(session, [GROUP], 2, before=feed[-1].seq))[0]] == [POST.id]
        assert [card.id for card in (await list_by_author(session, GROUP, 2, 9))[0]] == [REPLY.id]
        assert (await load_cards(session, [POST.id]))[POST.id].sum_micro == 2_500_000
        assert await count_answers(session, [POST.id], None) == {POST.id: 1}
        assert [line.subject for line in await list_subjects(session, Shows(GROUP, 1), 9)] == ["Ä subject"]
        assert [one.group for one in await list_on_subject(session, "Ä subject", (), 9)] == [GROUP]
        assert await find_subjects(session, "Ä s", (), 9) == [("Ä subject", GROUP)]
        assert [one.group for one in await find_groups(session, "öppen grupp", (), 9)] == [GROUP]
        assert await find_groups(session, "%", (), 9) == []
        assert await count_public(session) == 1
        assert [group.group for group in await list_active(session, 9)] == [GROUP]
        assert await list_heaviest(session, GROUP, 9, {3000: 1, 1000: 1}) == [(1, 3000), (2, 1000)]
        seated = await list_seated(session, GROUP, 9, after=1)
        assert [one.number for one in seated] == [2, 3, 4]
        assert await count_votes(session, GROUP, [1, 2, 3], 0) == {1: 1, 2: 1}
        assert await list_claims(session, GROUP, 9) == []
        assert [line.id for line in await list_public(session, 9)] == [GROUP]
        assert await load_held(session, GROUP) == (GROUP, 3)
        assert GROUP in await load_lines(session, [GROUP])


async def test_mg_11_a_group_of_imported_posts_alone_has_no_last_post(stocked: Writer, database: Database) -> None:
    await stocked.write(lambda session: session.execute(update(POSTS).values(seq=NEVER_NEW)))
    async with database.read() as session:
        (group,) = await list_active(session, 9)
    assert (group.last_seq, group.last_at) == (0, 0)


async def test_the_log_is_leafed_through_backwards(stocked: Writer, database: Database) -> None:
    places = [(POST.id, 0), (REPLY.id, 1), (NAMED.id, 2)]
    await stocked.write(lambda session: set_logged(session, places))
    async with database.read() as session:
        assert [one.id for one in await list_log_back(session, GROUP, 3, 2)] == [NAMED.id, REPLY.id]
        assert [one.id for one in await list_log_back(session, GROUP, 3, 9, author=2)] == [REPLY.id]
        assert await list_log_back(session, GROUP, 3, 9, kind="Vote") == []


async def test_news_are_told_once_counted_and_bounded(writer: Writer, database: Database) -> None:
    async def action(session: AsyncSession) -> int:
        account = await insert_account(session, name="ada", seed_sealed=b"", now=1)
        told = [News(account, "reply", GROUP, record_id(str(n).encode()), 2, n) for n in range(MOST_KEPT + 5)]
        await insert_news(session, told)
        await insert_news(session, told[-3:])
        return account

    account = await writer.write(action)
    async with database.read() as session:
        assert await count_unseen(session, account) == MOST_KEPT
        newest = await list_news(session, account, 3)
        assert [one.at for one in newest] == [MOST_KEPT + 4, MOST_KEPT + 3, MOST_KEPT + 2]
        assert [one.at for one in await list_news(session, account, 1, before=newest[-1].id)] == [MOST_KEPT + 1]
    await writer.write(lambda session: mark_seen(session, account, newest=2**40))
    async with database.read() as session:
        assert await count_unseen(session, account) == 0


async def test_what_is_followed_is_followed_once(writer: Writer, database: Database) -> None:
    async def action(session: AsyncSession) -> int:
        account = await insert_account(session, name="ada", seed_sealed=b"", now=1)
        await save_following(session, Following(account, GROUP, lens=False, since_at=1))
        await save_following(session, Following(account, GROUP, lens=True, since_at=1))
        return account

    account = await writer.write(action)
    async with database.read() as session:
        assert await list_followings(session, account, 9) == [Following(account, GROUP, lens=True, since_at=1)]
    await writer.write(lambda session: delete_following(session, account, GROUP))
    async with database.read() as session:
        assert await load_following(session, account, GROUP) is None
