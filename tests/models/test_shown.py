"""SQL that filters for speed gives what the rules give: what a group and the floor show, and who belongs where."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_belonging
from models.content.floor_effects import FloorEffect, count_hidden
from models.content.posts_and_votes import POSTS, SCORES, post_target_key
from models.content.projections import project_members
from models.content.subjects import list_shown_names, list_subjects
from models.engine.databases import Database
from models.engine.writer import Writer
from models.fediverse.followers import Shows, count_shown, list_shown
from models.people.accounts import MEMBERSHIPS, Membership, insert_account
from moderation.lens import Lens, judge
from moderation.shown import is_hosted
from pod.actions.access import ReadableGroup, standing_of
from pod.actions.private_groups import counts
from protocol.ids import RecordId
from protocol.keys import DidKey
from tests.models.builders import GROUP, a_post, a_state

FIRST, SECOND = a_post(1, 901).id, a_post(1, 902).id
SUMS = (None, -1, 0, 1, 2)
WORLDS = list(product(SUMS, SUMS, SUMS))
POST_IDS = [a_post(1, number).id for number in range(1, len(WORLDS) + 1)]
COUNTS: dict[str, Any] = {"up": 0, "down": 0, "supporters": 0, "votes": 1, "reposted": None, "token": ""}
FLOORS: list[dict[RecordId, int]] = [{}, {FIRST: 0}, {FIRST: 1}, {FIRST: 1, SECOND: -1}, {FIRST: 2, SECOND: 1}]


async def _store(session: AsyncSession) -> None:
    blank = {"group_id": GROUP, "author": 1, "kind": "note", "title": "", "language": "", "attachments": b"[]", "at": 1}
    for seq, (post, sums) in enumerate(zip(POST_IDS, WORLDS, strict=True), 1):
        named = {"subject": _name(post), "subject_key": _name(post)}
        row = {**blank, **named, "id": post, "seq": seq, "target": post_target_key(post), "erased": False}
        await session.execute(insert(POSTS), row)
        for group, total in zip((GROUP, FIRST, SECOND), sums, strict=True):
            if total is not None:
                score = {"group_id": group, "target": post_target_key(post), "sum_micro": total, **COUNTS}
                await session.execute(insert(SCORES), score)


def _name(post: RecordId) -> str:
    return f"on {post}"


async def test_what_sql_shows_is_what_the_rule_shows(writer: Writer, database: Database) -> None:
    await writer.write(_store)
    async with database.read() as session:
        for default, floor in product((-1, 0, 1), FLOORS):
            shows = Shows(GROUP, default, floor)
            listed = {post for _, post in await list_shown(session, shows, 1000)}
            assert listed == _ruled(default, floor)
            assert await count_shown(session, shows) == len(listed)
            names = {_name(post) for post in listed}
            assert {line.subject for line in await list_subjects(session, shows, 1000)} == names
            assert await list_shown_names(session, [shows], [_name(post) for post in POST_IDS]) == names


async def test_what_a_group_would_hide_as_a_floor_is_what_the_rule_hides(writer: Writer, database: Database) -> None:
    await writer.write(_store)
    async with database.read() as session:
        for default in (-1, 0, 1, 2):
            hidden = sum(not is_hosted([default + (first or 0)]) for _, first, _ in WORLDS)
            assert await count_hidden(session, FIRST, default) == FloorEffect(len(WORLDS), hidden, 0)


def _ruled(default: int, floor: dict[RecordId, int]) -> set[RecordId]:
    shown = set()
    for post, (own, first, second) in zip(POST_IDS, WORLDS, strict=True):
        scores = {GROUP: default + (own or 0)}
        totals = {FIRST: first or 0, SECOND: second or 0}
        floored = {group: start + totals[group] for group, start in floor.items()}
        verdict = judge(Lens((GROUP,)), scores, floor=floored)
        assert is_hosted(floored.values()) == all(hide.layer != "pod" for hide in verdict.hides)
        if verdict.shown:
            shown.add(post)
    return shown


PLACES = list(product((None, 1, 2, 3, 4, 9), ("own", "another"), ("asked", "member", "moving", "moved")))


async def test_who_belongs_by_sql_is_who_may_read_by_the_door(writer: Writer, database: Database) -> None:
    state = a_state({1: 1000, 2: 0, 3: -1, 4: 1000}, frozenset({4}))
    places: list[Membership] = []

    async def action(session: AsyncSession) -> None:
        await project_members(session, state)
        for number, key, standing in PLACES:
            member = state.members.get(number) if number is not None else None
            signing = member.signing if member and key == "own" else DidKey("did:key:z6MkAnother")
            account = await insert_account(session, name=f"a{len(places)}", seed_sealed=b"", now=1)
            place = Membership(account, GROUP, number, signing, "", 0, 0, 0, standing)
            places.append(place)
            await session.execute(insert(MEMBERSHIPS), {name: getattr(place, name) for name in place.__struct_fields__})

    await writer.write(action)
    async with database.read() as session:
        for place in places:
            member = standing_of(place, state)
            expected = {GROUP} if member is not None and counts(member) else set()
            assert await list_belonging(session, place.account_id) == expected, place


def test_nothing_but_the_door_makes_a_readable_group() -> None:
    with pytest.raises(TypeError, match="open_group"):
        ReadableGroup(None, SimpleNamespace(), None, object())  # type: ignore[arg-type]
