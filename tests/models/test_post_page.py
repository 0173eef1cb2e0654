"""What the page of a post asks for, of a group of its own and of a private one that supports it, on both engines."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.edits_elsewhere import list_edits_elsewhere
from models.content.lens_sources import (
    Voted,
    list_joined,
    list_voted,
    load_group_names,
    load_member_votes,
    load_sums,
)
from models.content.places import LogPlace
from models.content.posts_and_votes import load_post, load_profiles, load_tallies
from models.content.projections import project, project_members
from models.content.replies import Others, count_answers, count_replies, list_comments, list_replies
from models.content.sheets import load_sheets_named, load_text_stamp
from models.engine.databases import Database
from models.engine.writer import Writer
from models.groups.groups_and_items import insert_group
from models.people.accounts import Membership, insert_account, load_membership, save_membership
from models.people.mutes import load_muted, put_block
from models.people.sessions import Session, insert_session, load_session
from models.people.subscriptions import Following, list_followings, save_following
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.content import Address, PostTarget
from tests.models.builders import GROUP, NO_RECORD, a_post, a_profile, a_record, a_state, a_vote, accept
from tests.models.test_reposts import SECRET, a_group

POST = a_post(1, 1, ("One.", "Two."))
OWN = [a_post(2, number, ("Own.",), reply_to={"record": POST.id}) for number in (2, 3)]
THEIRS = [a_post(1, number, ("Theirs.",), reply_to={"record": POST.id}, group=SECRET) for number in (4, 5)]
COMMENT = a_post(1, 6, ("A comment.",), reply_to={"record": POST.id, "index": 1}, group=SECRET)
EDIT = a_record(
    "Patch", 1, 7, group=SECRET, post=POST.id, marks=[],
    adds=[{"after": {"record": POST.id, "index": 0}, "style": "text", "text": "Added."}],
)  # fmt: skip
SUPPORT = a_record("Vote", 1, 8, group=SECRET, target={"post": POST.id}, value=1000)
TOKEN, UNTOLD = PostTarget(POST.id).token, PostTarget(NO_RECORD).token
MEMBER, GUEST, STRANGER = 1, 2, None  # accounts: of a member of the private group, and of nobody there
AT = [Address(POST.id, index) for index in (0, 1)]
PLACE = Membership(MEMBER, SECRET, 1, DidKey("did:key:z1"), "", 0, 0, 0, "member")
SESSION = Session(b"s" * 32, MEMBER, 1, 1, 9, "a browser")


@pytest.fixture
async def stocked(writer: Writer, database: Database) -> Database:
    async def action(session: AsyncSession) -> None:
        for group, visibility in ((GROUP, "public"), (SECRET, "private")):
            await insert_group(session, a_group(group, visibility))
            await project_members(session, msgspec.structs.replace(a_state({1: 1000, 2: 1000}), group=group))
        for name in ("member", "guest"):
            await insert_account(session, name=name, seed_sealed=b"", now=1)
        await save_membership(session, PLACE)
        await insert_session(session, SESSION)
        await save_following(session, Following(MEMBER, GROUP, True, 5))
        await put_block(session, MEMBER, GROUP, 2, now=1)
        records = [POST, *OWN, *THEIRS, COMMENT, EDIT, SUPPORT, a_vote(POST.id, 2, 9, -500), a_profile(2, 10, "bo")]
        await project(session, await accept(session, *records))

    await writer.write(action)
    return database


async def answers(session: AsyncSession, others: Others) -> list[RecordId]:
    """All answers to the post, whole and one a page."""
    whole = [card.id for card in await list_replies(session, GROUP, POST.id, 9, others=others)]
    seen: list[RecordId] = []
    after: LogPlace | None = None
    while page := await list_replies(session, GROUP, POST.id, 1, others=others, after=after):
        seen.append(page[0].id)
        after = LogPlace(page[0].place, page[0].id)
    assert seen == whole
    return whole


OPENED: tuple[tuple[RecordId, ...], ...] = ((), (GROUP,), (SECRET,), (NO_RECORD, *[GROUP] * 9, SECRET))


async def test_x1_a_private_groups_answers_and_edits_are_for_its_members_and_who_opened_it(stocked: Database) -> None:
    async with stocked.read() as session:
        for account, opened in product((MEMBER, GUEST, STRANGER), OPENED):
            await check_others(session, Others(POST.id, account, opened), sees=account == MEMBER or SECRET in opened)


async def check_others(session: AsyncSession, others: Others, *, sees: bool) -> None:
    theirs = [record.id for record in THEIRS] if sees else []
    assert await answers(session, others) == [*(record.id for record in OWN), *theirs]
    comments = await list_comments(session, GROUP, AT, 9, others=others)
    assert [card.id for card in comments] == ([COMMENT.id] if sees else [])
    counted: dict[tuple[RecordId, int | None], int] = {(POST.id, None): 4, (POST.id, 1): 1}
    counts = await count_replies(session, GROUP, [POST.id, NO_RECORD], others)
    assert counts == (counted if sees else {(POST.id, None): 2})
    assert await count_answers(session, [POST.id], others.account, others.opened) == {POST.id: 5 if sees else 2}
    edits = await list_edits_elsewhere(session, GROUP, POST.id, others.account, others.opened, 9)
    assert [sheet.id for sheet in edits] == ([EDIT.id] if sees else [])


async def test_votes_sums_and_names_of_the_groups_of_a_post(stocked: Database) -> None:
    own, secret = (Voted(GROUP, "A group", -500_000, 1, 0), Voted(SECRET, "A group", 1_000_000, 1, 1))
    async with stocked.read() as session:
        assert {one.group: one for one in await list_voted(session, TOKEN, 9, account=MEMBER)} == {
            GROUP: own,
            SECRET: secret,
        }
        assert await list_voted(session, TOKEN, 9, account=GUEST) == [own]
        assert await list_voted(session, TOKEN, 9) == [own]
        assert await list_joined(session, MEMBER, 9) == [(SECRET, "A group")]
        assert await list_joined(session, GUEST, 9) == []
        assert await load_group_names(session, [GROUP, NO_RECORD]) == {GROUP: "A group"}
        sums = await load_sums(session, [GROUP, SECRET, NO_RECORD], [TOKEN, UNTOLD])
        assert sums == {(GROUP, TOKEN): -500_000, (SECRET, TOKEN): 1_000_000}
        assert await load_sums(session, [], [TOKEN]) == {}
        assert await load_member_votes(session, GROUP, 2, [UNTOLD, TOKEN]) == {TOKEN: -500}
        assert await load_member_votes(session, GROUP, 1, [TOKEN]) == {}
        assert {token: tally.down for token, tally in (await load_tallies(session, GROUP, [TOKEN])).items()} == {
            TOKEN: 1
        }


async def test_the_post_its_sheets_and_its_writers(stocked: Database) -> None:
    async with stocked.read() as session:
        found = [await load_post(session, group, POST.id) for group in (GROUP, SECRET, NO_RECORD)]
        assert [card.tally.sum_micro for card in found if card] == [-500_000, 1_000_000, 0]
        assert await load_post(session, GROUP, NO_RECORD) is None
        assert set(await load_sheets_named(session, [POST.id, EDIT.id, NO_RECORD])) == {POST.id, EDIT.id}
        stamps = [await load_text_stamp(session, group) for group in (GROUP, SECRET)]
        assert len({*stamps, (0, 0)}) == 3
        assert await load_text_stamp(session, NO_RECORD) == (0, 0)
        profiles = await load_profiles(session, [(GROUP, 1), (GROUP, 2), (SECRET, 2)])
        assert {author: profile.nickname for author, profile in profiles.items()} == {(GROUP, 2): "bo"}


async def test_what_is_known_of_the_reader(stocked: Database) -> None:
    writers = [(GROUP, 1), (GROUP, 2), (SECRET, 2)]
    async with stocked.read() as session:
        assert await load_membership(session, MEMBER, SECRET) == PLACE
        assert await load_membership(session, GUEST, SECRET) is None
        assert await load_muted(session, MEMBER, writers) == {(GROUP, 2)}
        assert await load_muted(session, GUEST, writers) == await load_muted(session, MEMBER, []) == frozenset()
        assert await list_followings(session, MEMBER, 1) == [Following(MEMBER, GROUP, True, 5)]
        signed_in = await load_session(session, SESSION.sha256, now=8)
        assert signed_in is not None
        assert signed_in[0] == SESSION
        assert (signed_in[1].id, signed_in[1].name, signed_in[1].disabled) == (MEMBER, "member", False)
        assert await load_session(session, SESSION.sha256, now=9) is None
