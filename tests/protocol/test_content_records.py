"""What stands in a content record is known exactly, or the record is refused."""

from typing import Any

import pytest

from protocol.errors import MalformedError, TooLargeError
from protocol.records.content import (
    Authored,
    GuestPost,
    GuestRecord,
    GuestVote,
    Imported,
    Post,
    Profile,
    Unknown,
    Vote,
    dump_content,
    parse_content,
    parse_target,
)
from tests.support.writing import GROUP, a_body, an_id

POST = an_id("post")
HERE = {"record": POST, "index": 0}
TEXT = {"style": "text", "text": "It was 12 m deep."}
PICTURE = {"sha256": "0f" * 32, "media_type": "image/png", "bytes": 7, "name": "well.png", "alt": "A well"}
GUEST = {"host": "mastodon.example", "actor": "https://mastodon.example/eve", "activity": "https://mastodon.example/1"}
NOTE = {"kind": "note", "paragraphs": [TEXT]}

ACCEPTED: dict[str, tuple[str, dict[str, Any]]] = {
    "profile": ("Profile", {"nickname": "ada", "text": "", "avatar": PICTURE}),
    "article": ("Post", {"kind": "article", "title": "The well", "language": "sv", "paragraphs": [TEXT] * 500}),
    "note of pictures only": ("Post", {"kind": "note", "paragraphs": [], "attachments": [PICTURE] * 16}),
    "reply to a paragraph": ("Post", {**NOTE, "reply_to": HERE}),
    "reply to a subject": ("Post", {**NOTE, "reply_to": {"subject": "värmepump"}}),
    "patch": ("Patch", {"post": POST, "adds": [{**TEXT, "after": HERE}, {**TEXT, "after": {"index": 0}}, TEXT]}),
    "edit": ("Patch", {"post": POST, "adds": [TEXT], "marks": [{"paragraph": HERE, "replaced_by": {"index": 0}}]}),
    "taken back": ("Patch", {"post": POST, "marks": [{"paragraph": HERE}]}),
    "repost": ("Vote", {"target": {"post": POST}, "value": 1, "from": {"group": GROUP, "pod": "https://a.example"}}),
    "reaction": ("Vote", {"target": {"reaction": {"post": POST, "emoji": "🌱"}}, "value": 1000}),
    "erase": ("Erase", {"records": [POST]}),
    "claim": ("Claim", {"claims": {"group": GROUP, "member": 3}}),
    "later member": ("Profile", {"nickname": "ada", "pronouns": ["she"]}),
}

REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a member of the wrong type": ("Profile", {"nickname": 7}),
    "no nickname": ("Profile", {}),
    "a boolean as a number": ("Profile", {"nickname": "ada", "author": True}),
    "a fraction as a number": ("Profile", {"nickname": "ada", "counter": 1.0}),
    "author 0": ("Profile", {"nickname": "ada", "author": 0}),
    "a counter beyond 2^53": ("Profile", {"nickname": "ada", "counter": 2**53}),
    "a recovery key": ("Profile", {"nickname": "ada", "recovery": 0}),
    "an unknown style": ("Post", {"kind": "note", "paragraphs": [{"style": "blink", "text": ""}]}),
    "an unknown kind": ("Post", {"kind": "poem", "paragraphs": []}),
    "a reply to two things": ("Post", {**NOTE, "reply_to": {"record": POST, "subject": "x"}}),
    "a reply to nothing": ("Post", {**NOTE, "reply_to": {}}),
    "a paragraph of a subject": ("Post", {**NOTE, "reply_to": {"subject": "x", "index": 0}}),
    "a subject not in NFC": ("Post", {**NOTE, "reply_to": {"subject": "va\u0308rme"}}),
    "a media type that smuggles": ("Profile", {"nickname": "a", "avatar": {**PICTURE, "media_type": "a/b\r\nX: y"}}),
    "a digest in capitals": ("Profile", {"nickname": "a", "avatar": {**PICTURE, "sha256": "0F" * 32}}),
    "an id with a line end": ("Patch", {"post": POST + "\n"}),
    "an add on itself": ("Patch", {"post": POST, "adds": [{**TEXT, "after": {"index": 0}}]}),
    "an add on a later one": ("Patch", {"post": POST, "adds": [{**TEXT, "after": {"index": 1}}, TEXT]}),
    "a negative index": ("Patch", {"post": POST, "adds": [{**TEXT, "after": {"record": POST, "index": -1}}]}),
    "deleted: false": ("Patch", {"post": POST, "marks": [{"paragraph": HERE, "deleted": False}]}),
    "deleted and replaced": (
        "Patch",
        {"post": POST, "adds": [TEXT], "marks": [{"paragraph": HERE, "deleted": True, "replaced_by": {"index": 0}}]},
    ),
    "replaced by itself": ("Patch", {"post": POST, "marks": [{"paragraph": HERE, "replaced_by": HERE}]}),
    "replaced by what isn't added": (
        "Patch",
        {"post": POST, "marks": [{"paragraph": HERE, "replaced_by": {"index": 0}}]},
    ),
    "a vote above 1": ("Vote", {"target": {"post": POST}, "value": 1001}),
    "half a reaction": ("Vote", {"target": {"reaction": {"post": POST, "emoji": "🌱"}}, "value": 500}),
    "a reaction against": ("Vote", {"target": {"reaction": {"post": POST, "emoji": "🌱"}}, "value": -1000}),
    "a vote on two targets": ("Vote", {"target": {"post": POST, "profile": POST}, "value": 1}),
    "a vote on nothing": ("Vote", {"target": {"poll": POST}, "value": 1}),
    "a vote on a list": ("Vote", {"target": [POST], "value": 1}),
    "a claim of nobody": ("Claim", {"claims": {"group": GROUP}}),
    "marks that are no list": ("Patch", {"post": POST, "marks": {"paragraph": HERE}}),
    "a guest's post without words": ("GuestRecord", {**GUEST, "kind": "post"}),
    "a guest's vote with words": (
        "GuestRecord",
        {**GUEST, "kind": "vote", "target": {"post": POST}, "value": 1, "content": NOTE},
    ),
    "a guest's vote on nothing": ("GuestRecord", {**GUEST, "kind": "vote", "value": 1}),
    "half a header of a later type": ("Tomorrow", {"author": 1, "counter": "first"}),
}

TOO_MANY: dict[str, tuple[str, dict[str, Any]]] = {
    "paragraphs": ("Post", {"kind": "note", "paragraphs": [TEXT] * 501}),
    "attachments": ("Post", {**NOTE, "attachments": [PICTURE] * 17}),
    "adds": ("Patch", {"post": POST, "adds": [TEXT] * 501}),
    "marks": ("Patch", {"post": POST, "marks": [{"paragraph": HERE}] * 501}),
    "a guest's paragraphs": ("GuestRecord", {**GUEST, "kind": "post", "content": {**NOTE, "paragraphs": [TEXT] * 501}}),
}


@pytest.mark.parametrize(("type_name", "members"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_well_formed_content_record_is_parsed(type_name: str, members: dict[str, Any]) -> None:
    content = parse_content(type_name, a_body(**members))

    assert type(content).__name__ == type_name
    assert isinstance(content, Authored)
    assert (content.author, content.key, content.counter) == (1, 0, 1)


@pytest.mark.parametrize(("type_name", "members"), REFUSED.values(), ids=REFUSED.keys())
def test_a_content_record_with_a_known_member_out_of_form_is_refused(type_name: str, members: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        parse_content(type_name, a_body(**members))


@pytest.mark.parametrize(("type_name", "members"), TOO_MANY.values(), ids=TOO_MANY.keys())
def test_a_record_with_too_many_entries_is_too_large(type_name: str, members: dict[str, Any]) -> None:
    with pytest.raises(TooLargeError):
        parse_content(type_name, a_body(**members))


def test_an_unknown_type_is_kept_as_unknown_with_its_author() -> None:
    content = parse_content("Tomorrow", a_body(type="Tomorrow", poll=POST))

    assert isinstance(content, Unknown)
    assert content.type == "Tomorrow"
    assert content.authored == Authored(author=1, key=0, counter=1, at=1_767_225_600_000)


def test_an_unknown_type_signed_by_no_member_is_kept_too() -> None:
    assert parse_content("Weather", {"rules": 1, "group": GROUP}) == Unknown("Weather")


def test_a_guests_post_and_vote_are_parsed() -> None:
    post = parse_content("GuestRecord", {**GUEST, "kind": "post", "content": NOTE})
    vote = parse_content("GuestRecord", {**GUEST, "kind": "vote", "target": {"post": POST}, "value": -1000})

    assert isinstance(post, GuestRecord)
    assert isinstance(post.did, GuestPost)
    assert isinstance(vote, GuestRecord)
    assert vote.did == GuestVote(parse_target({"post": POST}), -1000)


def test_a_votes_reason_is_read_where_it_is_text_and_passed_over_elsewhere() -> None:
    said = parse_content("Vote", a_body(target={"post": POST}, value=-1000, reason="off topic"))
    odd = parse_content("Vote", a_body(target={"post": POST}, value=-1000, reason={"code": 3}))

    assert isinstance(said, Vote)
    assert isinstance(odd, Vote)
    assert (said.reason, odd.reason) == ("off topic", "")


def test_mg_11_where_a_post_was_published_before_is_read_in_its_form_and_passed_over_in_any_other() -> None:
    form: dict[str, Any] = {
        "url": "https://old.example/1",
        "published": 7,
        "from": "https://old.example/anna",
        "warning": "Ducks",
    }
    post = parse_content("Post", a_body(**NOTE, imported=form))
    assert isinstance(post, Post)
    assert post.imported == Imported(url=form["url"], published=7, from_="https://old.example/anna", warning="Ducks")
    assert dump_content(post)["imported"] == form
    for odd in (True, {}, {"url": "", "published": 7}, {"url": "x", "published": -1}, {**form, "warning": "x" * 201}):
        other = parse_content("Post", a_body(**NOTE, imported=odd))
        assert isinstance(other, Post)
        assert other.imported is None


def test_every_target_has_a_token_of_its_own_that_leads_back_to_it() -> None:
    targets = [
        parse_target(form)
        for form in (
            {"post": POST},
            {"profile": POST},
            {"subject": POST},
            {"paragraph": HERE},
            {"reaction": {"post": POST, "emoji": "🌱"}},
            {"reaction": {"post": POST, "emoji": '"'}},
        )
    ]

    assert len({target.token for target in targets}) == len(targets)
    assert parse_target({"paragraph": HERE, "later": 1}).token == '{"paragraph":{"index":0,"record":"' + POST + '"}}'


def test_the_post_of_a_parsed_body_is_what_was_written() -> None:
    post = parse_content("Post", a_body(**NOTE))

    assert isinstance(post, Post)
    assert [(paragraph.style, paragraph.text) for paragraph in post.paragraphs] == [("text", "It was 12 m deep.")]
    assert not isinstance(post, Profile)
