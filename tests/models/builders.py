"""Records of an imaginary group, signed, with defaults."""

from typing import Any

from immutables import Map
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import Accepted, accepted_of
from models.groups.records import NewRecord, insert_records
from protocol.ids import RecordId, record_id
from protocol.keys import DidKey, PrivateKey
from protocol.log import EMPTY_ROOT
from protocol.proofs import sign
from protocol.records.chain import TreeHead
from protocol.records.envelope import Record, open_record
from protocol.records.parts import GroupPolicy, Home
from protocol.state import GroupState, Member, MemberKey

KEY = PrivateKey.from_seed(bytes(32))
GROUP = record_id(b"group")
HOME = Home("https://a.example", KEY.did)
NO_RECORD = record_id(b"nothing")


def a_record(type_: str, author: int, counter: int, key: int = 0, **members: Any) -> Record:
    body = {
        "type": type_,
        "rules": 1,
        "group": GROUP,
        "author": author,
        "key": key,
        "counter": counter,
        "at": 1_700_000_000_000 + counter,
        **members,
    }
    return open_record(sign(body, KEY))


def a_post(author: int = 1, counter: int = 1, texts: tuple[str, ...] = ("one", "two"), **members: Any) -> Record:
    paragraphs = [{"style": "text", "text": text} for text in texts]
    return a_record("Post", author, counter, kind="article", title="Title", paragraphs=paragraphs, **members)


def a_patch(post: RecordId, author: int = 2, counter: int = 1, text: str = "added") -> Record:
    adds = [{"after": {"record": post, "index": 0}, "style": "text", "text": text}]
    marks = [{"paragraph": {"record": post, "index": 1}, "deleted": True}]
    return a_record("Patch", author, counter, post=post, adds=adds, marks=marks)


def a_vote(post: RecordId, author: int, counter: int, value: int = 1000, key: int = 0) -> Record:
    return a_record("Vote", author, counter, key, target={"post": post}, value=value)


def a_profile(author: int, counter: int, nickname: str = "ada") -> Record:
    return a_record("Profile", author, counter, nickname=nickname, text="about me")


def an_erasure(author: int, counter: int, *records: RecordId) -> Record:
    return a_record("Erase", author, counter, records=list(records))


def a_state(weights: dict[int, int], left: frozenset[int] = frozenset()) -> GroupState:
    """A group whose members have these weights."""
    members = {
        number: Member(
            number=number,
            weight=weight,
            home=HOME,
            keys=(MemberKey(DidKey(f"did:key:z{number}"), 0, by_recovery=False),),
            recovery=(),
            joined_height=0,
            left=number in left,
        )
        for number, weight in weights.items()
    }
    return GroupState(
        group=GROUP,
        kind="group",
        visibility="public",
        owner_weight=3000,
        head=GROUP,
        height=0,
        term=0,
        at=0,
        log=TreeHead(0, EMPTY_ROOT.hex()),
        steward=HOME,
        seats=(),
        policy=GroupPolicy("", others_weight=0, default_score=0),
        members=Map(members),
        keys=Map(),
        invitations=Map(),
        owners=1,
    )


def a_new_record(record: Record) -> NewRecord:
    body = record.body
    return NewRecord(
        id=record.id,
        group_id=record.group,
        type=record.type,
        author=body["author"],
        key=body["key"],
        counter=body["counter"],
        at=body["at"],
        wire=record.wire,
        accepted_at=0,
    )


async def accept(session: AsyncSession, *records: Record) -> list[Accepted]:
    """Store records as the one door does; the new ones, ready to be projected."""
    places = await insert_records(session, [a_new_record(record) for record in records])
    return [accepted_of(record, places[record.id]) for record in records if record.id in places]
