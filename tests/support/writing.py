"""Builders of content with defaults: ids, posts, patches, votes; a test names only what it is about."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from protocol.content import AddressedMark, Sheet, Writer
from protocol.ids import RecordId, id_from_digest
from protocol.records.content import Address, Content, Paragraph, Token, parse_content
from protocol.votes import CastVote

ADA = Writer("ada")
BO = Writer("bo")
CY = Writer("cy")
TARGET = Token('{"subject":"well"}')


def an_id(name: object) -> RecordId:
    """The id of an imagined record: the same name, the same id."""
    return id_from_digest(sha256(repr(name).encode()).digest())


GROUP = an_id("group")


def a_body(**members: Any) -> dict[str, Any]:
    """The members that every content record has, and those given."""
    return {"rules": 1, "group": GROUP, "author": 1, "key": 0, "counter": 1, "at": 1_767_225_600_000, **members}


def a_post(name: str = "post", *texts: str, writer: Writer = ADA) -> Sheet:
    """A post whose paragraphs hang on each other."""
    own = an_id(name)
    afters = (None, *(Address(own, index) for index in range(len(texts) - 1)))[: len(texts)]
    return Sheet(own, own, writer, 0, 1, tuple(Paragraph("text", text) for text in texts), afters)


def a_patch(
    name: str,
    adds: Sequence[tuple[Address | None, str]] = (),
    marks: Sequence[AddressedMark] = (),
    *,
    writer: Writer = ADA,
    counter: int = 2,
    key: int = 0,
    post: str = "post",
) -> Sheet:
    """A patch; `adds` are pairs of `after` and text."""
    return Sheet(
        an_id(name),
        an_id(post),
        writer,
        key,
        counter,
        tuple(Paragraph("text", text) for _, text in adds),
        tuple(after for after, _ in adds),
        tuple(marks),
    )


def at(name: str, index: int = 0) -> Address:
    """The address of a paragraph of an imagined record."""
    return Address(an_id(name), index)


def a_vote(
    member: int, value: int, *, counter: int = 1, key: int = 0, target: Token = TARGET, name: object = ""
) -> CastVote:
    """A member's vote."""
    return CastVote(member, target, value, key, counter, an_id(("vote", member, value, counter, key, target, name)))


def content_of(vector: dict[str, Any]) -> list[tuple[RecordId, RecordId, Content]]:
    """Id, group and content of those records of records.json that aren't the chain's."""
    entries = ((entry["id"], entry["record"]) for entry in vector["records"])
    return [
        (own, record["group"], parse_content(record["type"], record))
        for own, record in entries
        if record["type"] in {"Profile", "Post", "Patch", "Vote"}
    ]
