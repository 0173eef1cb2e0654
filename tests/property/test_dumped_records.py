"""What is dumped and parsed again is the same value, for every kind of content and every wish, and so is its draft."""

import json
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.limits import MAX_VOTE, MAX_WEIGHT
from protocol.records.content import (
    UNSIGNED,
    Add,
    Address,
    AreaVote,
    Attachment,
    Ballot,
    Claim,
    ClaimedMembership,
    Condition,
    Confirm,
    Content,
    Delegate,
    Delegation,
    Erase,
    Evaluation,
    Goal,
    GuestPost,
    GuestRecord,
    GuestVote,
    Header,
    Lengths,
    LotShare,
    Mark,
    OfEach,
    Opening,
    Option,
    Paragraph,
    ParagraphTarget,
    Patch,
    PatchAddress,
    Poll,
    Post,
    PostTarget,
    Prediction,
    Profile,
    ProfileTarget,
    Proposal,
    Quorum,
    ReactionTarget,
    ReplyTo,
    RepostOrigin,
    Sealed,
    SubjectTarget,
    Term,
    Vote,
    dump_content,
    parse_content,
)
from protocol.records.drafts import Draft, by_recovery_key, by_signing_key, draft, draft_wish
from protocol.records.operation import (
    WISHES,
    Event,
    Join,
    Leave,
    Operation,
    Publish,
    Rehome,
    Rekey,
    SetPolicy,
    SetWeight,
    Succeed,
    Wish,
    dump_wish,
    parse_operation,
)
from protocol.records.parts import Home
from tests.support.writing import GROUP, an_id

IDS = st.sampled_from([an_id(name) for name in ("one", "two", "three")])
DIDS = [PrivateKey.from_seed(bytes([number]) * 32).did for number in range(1, 4)]
KEY = DIDS[0]
KEYS = st.sampled_from(DIDS)
TEXTS = st.sampled_from(["", "It was 12 m deep.", "värmepump", "\N{BLOSSOM}"])
NAMES = TEXTS.filter(bool)
NATURALS = st.integers(0, 2**53 - 1)
NUMBERS = st.integers(1, 2**53 - 1)
VOTES = st.integers(-MAX_VOTE, MAX_VOTE)
STYLES = st.sampled_from(["text", "heading-1", "quote", "code"])
ADDRESSES = st.builds(Address, IDS, NATURALS)
ELSEWHERE = st.builds(PatchAddress, NATURALS, IDS)
ATTACHMENTS = st.builds(Attachment, st.just("0f" * 32), st.just("image/png"), NATURALS, TEXTS, TEXTS)
PARAGRAPHS = st.lists(st.builds(Paragraph, STYLES, TEXTS), max_size=3).map(tuple)
REPLIES = st.none() | st.builds(ReplyTo, record=IDS, index=st.none() | NATURALS) | st.builds(ReplyTo, subject=NAMES)
REACTIONS = st.builds(ReactionTarget, IDS, NAMES)
TARGETS = (
    st.builds(PostTarget, IDS)
    | st.builds(ParagraphTarget, ADDRESSES)
    | st.builds(SubjectTarget, NAMES)
    | st.builds(ProfileTarget, IDS)
)
MARKS = (
    st.builds(Mark, ELSEWHERE)
    | st.builds(Mark, ELSEWHERE, deleted=st.just(value=True))
    | st.builds(Mark, st.builds(PatchAddress, st.just(3), IDS), replaced_by=st.builds(PatchAddress, st.just(4), IDS))
)
HOMES = st.builds(Home, st.just("https://a.example"), KEYS)
AUTHORED: Final[dict[str, Any]] = {"author": NUMBERS, "key": NATURALS, "counter": NUMBERS, "at": NATURALS}
POST: Final[dict[str, Any]] = {
    "kind": st.sampled_from(["article", "note"]),
    "paragraphs": PARAGRAPHS,
    "title": TEXTS,
    "language": TEXTS,
    "reply_to": REPLIES,
    "attachments": st.lists(ATTACHMENTS, max_size=2).map(tuple),
}
VOTE: Final[dict[str, Any]] = AUTHORED | {
    "from_": st.none() | st.builds(RepostOrigin, IDS, st.just("https://a.example")),
    "reason": TEXTS,
}
LENGTHS = st.builds(Lengths, voting=st.integers(1, 9), bets=st.integers(0, 9), lock=st.integers(0, 9))
POLL: Final[dict[str, Any]] = {
    "title": NAMES,
    "lengths": LENGTHS,
    "paragraphs": PARAGRAPHS,
    "areas": st.lists(NAMES, max_size=2).map(tuple),
    "quorum": st.builds(Quorum, st.none() | st.integers(0, 100), st.none() | NATURALS),
    "goal": st.none() | st.builds(Goal, TEXTS, st.none() | IDS),
    "about": st.none() | IDS,
    "language": TEXTS,
}
OPTIONS = st.lists(st.builds(Option, NAMES, TEXTS), min_size=1, max_size=3).map(tuple)
DATES = st.lists(st.builds(Option, NAMES, TEXTS, st.just(3), st.just(4)), min_size=1, max_size=3).map(tuple)
BALLOTS: Final[list[dict[str, Any]]] = [
    {"choice": st.sampled_from(["yes", "no"])},
    {"blank": st.just(value=True)},
    {"withdraw": st.just(value=True)},
    {"scores": st.dictionaries(st.sampled_from(["00", "01"]), st.integers(0, 100), min_size=1)},
    {"ranking": st.just(("01", "00"))},
    {"approvals": st.just(("01",))},
]
CONDITIONS = st.builds(
    Condition, st.booleans(), st.lists(st.builds(Term, IDS, st.booleans()), min_size=1, max_size=3).map(tuple)
)
DIGESTS = st.sampled_from(["ab" * 32, "09" * 32])
ROUNDS = st.integers(1, 3)
VALUES = st.dictionaries(IDS, st.integers(0, 1000)) | TEXTS
SCOPES: Final[list[dict[str, Any]]] = [{}, {"area": NAMES}, {"poll": IDS}]
GUEST: Final = (st.just("a.example"), st.just("https://a.example/eve"), st.just("https://a.example/1"))

CONTENT: Final[OfEach[st.SearchStrategy[Any]]] = OfEach(
    Profile=st.builds(
        Profile, nickname=TEXTS, text=TEXTS, avatar=st.none() | ATTACHMENTS, indexable=st.booleans(), **AUTHORED
    ),
    Post=st.builds(Post, **POST, **AUTHORED),
    Patch=st.builds(
        Patch,
        post=IDS,
        adds=st.lists(st.builds(Add, STYLES, TEXTS, st.none() | ELSEWHERE), max_size=3).map(tuple),
        marks=st.lists(MARKS, max_size=3).map(tuple),
        **AUTHORED,
    ),
    Vote=st.builds(Vote, target=TARGETS, value=VOTES, **VOTE)
    | st.builds(Vote, target=REACTIONS, value=st.sampled_from([0, MAX_VOTE]), **VOTE),
    Erase=st.builds(Erase, records=st.lists(IDS, max_size=3).map(tuple), **AUTHORED),
    Claim=st.builds(Claim, claims=st.builds(ClaimedMembership, IDS, NUMBERS), **AUTHORED),
    GuestRecord=st.builds(GuestRecord, *GUEST, did=st.builds(GuestPost, **POST) | st.builds(GuestVote, TARGETS, VOTES)),
    Poll=st.builds(Poll, kind=st.just("for-against"), options=st.just(()), **POLL, **AUTHORED)
    | st.builds(Poll, kind=st.sampled_from(["score", "ranking", "approval"]), options=OPTIONS, **POLL, **AUTHORED)
    | st.builds(Poll, kind=st.just("date"), options=DATES, **POLL, **AUTHORED),
    Ballot=st.sampled_from(BALLOTS).flatmap(lambda said: st.builds(Ballot, poll=IDS, round=ROUNDS, **said, **AUTHORED)),
    Delegate=st.builds(Delegate, declared=st.booleans(), statement=TEXTS, **AUTHORED),
    Delegation=st.sampled_from(SCOPES).flatmap(
        lambda scope: st.builds(
            Delegation,
            delegates=st.lists(NUMBERS, max_size=5).map(tuple),
            expires=st.none() | NATURALS,
            **scope,
            **AUTHORED,
        )
    ),
    Proposal=st.builds(Proposal, poll=IDS, title=NAMES, paragraphs=PARAGRAPHS, **AUTHORED)
    | st.builds(Proposal, poll=IDS, withdraws=IDS, **AUTHORED),
    AreaVote=st.builds(AreaVote, poll=IDS, areas=st.dictionaries(NAMES, st.booleans()), **AUTHORED),
    Prediction=st.builds(
        Prediction, poll=IDS, statement=NAMES, text=TEXTS, due_at=NATURALS, condition=CONDITIONS, **AUTHORED
    ),
    Sealed=st.builds(Sealed, poll=IDS, kind=st.just("bets"), commitment=DIGESTS, round=ROUNDS, **AUTHORED),
    LotShare=st.builds(LotShare, poll=IDS, commitment=DIGESTS, round=ROUNDS, **AUTHORED),
    Opening=st.builds(Opening, poll=IDS, sealed=IDS, value=VALUES, salt=st.none() | DIGESTS, **AUTHORED),
    Evaluation=st.builds(Evaluation, poll=IDS, prediction=IDS, happened=st.none() | st.booleans(), **AUTHORED),
    Confirm=st.builds(Confirm, **AUTHORED),
)
WEIGHTS = st.integers(-MAX_WEIGHT, MAX_WEIGHT)
WISHED: Final[dict[str, st.SearchStrategy[Any]]] = {
    "join": st.tuples(KEYS, KEYS)
    .filter(lambda pair: pair[0] != pair[1])
    .flatmap(lambda pair: st.builds(Join, HOMES, st.just(pair[0]), st.just(pair[1]), st.none() | IDS)),
    "leave": st.just(Leave()),
    "set-weight": st.builds(SetWeight, NUMBERS, WEIGHTS),
    "rekey": st.builds(Rekey, KEYS, st.none() | KEYS),
    "rehome": st.builds(Rehome, HOMES, KEYS, st.none() | KEYS),
    "set-policy": st.builds(SetPolicy, st.just({"name": "Parish", "others_weight": -3, "tomorrow": [1]})),
    "publish": st.builds(Publish, NAMES),
    "succeed": st.builds(Succeed, IDS),
    "event": st.builds(lambda name: Event(name, {"name": name, "poll": 1}), NAMES),
}


def as_sent(members: dict[str, Any]) -> dict[str, Any]:
    """The members as another pod reads them; a tuple or a type of ours would not come through."""
    sent: dict[str, Any] = json.loads(json.dumps(members))
    assert sent == members
    return sent


@pytest.mark.parametrize(("name", "contents"), list(CONTENT), ids=OfEach.__struct_fields__)
def test_content_that_is_dumped_and_parsed_is_the_same(name: str, contents: st.SearchStrategy[Content]) -> None:
    @given(contents)
    def same(content: Content) -> None:
        assert parse_content(name, as_sent(dump_content(content))) == content

    same()


@pytest.mark.parametrize("name", [name for name, _ in CONTENT if name != "GuestRecord"])
def test_a_draft_holds_all_but_who_says_it_and_when(name: str) -> None:
    header: Any = {"author": 7, "key": 1, "counter": 9, "at": 8}

    @given(getattr(CONTENT, name))
    def same(content: Any) -> None:
        said = draft(content)
        assert not said.members.keys() & {*UNSIGNED, "type"}
        signed = parse_content(name, as_sent(by_signing_key(said, GROUP, header)))
        assert signed == msgspec.structs.replace(content, **header)

    same()


@pytest.mark.parametrize("do", WISHES)
def test_a_wish_that_is_dumped_and_parsed_is_the_same(do: str) -> None:
    @given(WISHED[do])
    def same(wish: Wish) -> None:
        members = as_sent(dump_wish(wish))
        assert members["do"] == do
        assert WISHES[do].parse(members["with"]) == wish

    same()


@pytest.mark.parametrize(
    ("sign", "place"), [(by_signing_key, (1, None)), (by_recovery_key, (None, 1))], ids=["signing", "recovery"]
)
def test_an_operation_names_the_key_that_signs_it_and_no_other(
    sign: Callable[[Draft, RecordId, Header], dict[str, Any]], place: tuple[int | None, int | None]
) -> None:
    wish = Rehome(Home("https://a.example", KEY), KEY)
    body = sign(draft_wish(wish), GROUP, {"author": 7, "key": 1, "counter": 9, "at": 8})
    parsed = parse_operation(an_id("own"), as_sent(body), (), verify=False)
    assert parsed == Operation(an_id("own"), 7, *place, counter=9, at=8, wish=wish, signers=())
