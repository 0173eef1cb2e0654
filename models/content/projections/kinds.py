"""How each kind of record becomes rows: folded, searched, emptied when it is erased, folded again from what is left.

A part that a kind doesn't need is written as None, so that nobody forgets one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import Delete, Table, Update, delete, update

from models.content.imported_posts import imported_key
from models.content.posts_and_votes import (
    CLAIMS,
    NEVER_NEW,
    POSTS,
    PROFILES,
    SHEETS,
    VOTES,
    post_target_key,
)
from models.content.projections.rows import NO_WORDS, Accepted, CastHere, Rows, erased_post_row, sheet_row
from models.content.word_pieces import name_key
from models.decisions.polls import BALLOTS, DELEGATIONS, POLLS
from models.decisions.said import SAID, SaidInPoll
from models.groups.records import StoredRecord
from protocol.content import Sheet, member_writer, patch_sheet, post_sheet
from protocol.ids import RecordId
from protocol.records.content import (
    Ballot,
    Claim,
    Confirm,
    Delegate,
    Delegation,
    Erase,
    GuestRecord,
    OfEach,
    Patch,
    Poll,
    Post,
    Profile,
    Proposal,
    Vote,
)
from protocol.records.erased import parse_erased
from protocol.votes import cast_vote

Shape = TypeVar("Shape")


class Searched(msgspec.Struct, frozen=True):
    """The words by which a record is found, and the post or poll in which people read them."""

    kind: str
    post: RecordId | None
    language: str
    words: Sequence[str]


class ProjectedKind(msgspec.Struct, Generic[Shape], frozen=True, kw_only=True):
    """How a kind of record becomes rows.

    `fold` adds its rows, `search` gives its words, `sheet` its paragraphs; `empty` removes the words from an erased
    record's rows, and `fold_erased` makes such rows from the shape. `ordered`: the tables in which its rows
    have a place.
    """

    fold: Callable[[Rows, Accepted, Shape], None] | None
    search: Callable[[RecordId, Shape], Searched | None] | None
    sheet: Callable[[RecordId, RecordId, Shape], Sheet] | None
    empty: Callable[[RecordId], Update | Delete] | None
    fold_erased: Callable[[Rows, Accepted, StoredRecord], None] | None
    ordered: Sequence[Table]


def _fold_profile(rows: Rows, record: Accepted, profile: Profile) -> None:
    rows.keep_newest(
        {
            "group_id": record.group,
            "member": profile.author,
            "key": profile.key,
            "counter": profile.counter,
            "record_id": record.id,
            "nickname": profile.nickname,
            "text": profile.text,
            "avatar": msgspec.json.encode(profile.avatar) if profile.avatar else None,
            "at": profile.at,
            "indexable": profile.indexable,
        }
    )


def _fold_erased_profile(rows: Rows, record: Accepted, stored: StoredRecord) -> None:
    author, key, counter = stored.author or 0, stored.key or 0, stored.counter or 0
    row = {"group_id": record.group, "member": author, "key": key, "counter": counter, "record_id": record.id}
    rows.keep_newest({**row, "nickname": "", "text": "", "avatar": None, "at": 0, "indexable": True})


def _empty_profile(record: RecordId) -> Update:
    blank = {"nickname": "", "text": "", "avatar": None, "at": 0, "indexable": True}
    return update(PROFILES).where(PROFILES.c.record_id == record).values(**blank)


def _fold_post(rows: Rows, record: Accepted, post: Post) -> None:
    reply = post.reply_to
    rows.posts.append(
        {
            "id": record.id,
            "group_id": record.group,
            "author": post.author,
            "kind": post.kind,
            "title": post.title,
            "language": post.language,
            "reply_record": reply.record if reply else None,
            "reply_index": reply.index if reply else None,
            "subject": reply.subject if reply else None,
            "subject_key": name_key(reply.subject) if reply and reply.subject else None,
            "attachments": msgspec.json.encode(post.attachments),
            "at": post.imported.published if post.imported else post.at,
            "seq": NEVER_NEW if post.imported else record.seq,
            "place": record.place,
            "target": post_target_key(record.id),
            "erased": False,
            "imported": msgspec.json.encode(post.imported) if post.imported else None,
            "imported_key": imported_key(post.imported.url) if post.imported else None,
        }
    )
    sheet = post_sheet(record.id, record.group, post)
    rows.sheets.append(sheet_row(record.id, record.group, record.place, post.author, sheet))


def _search_post(record: RecordId, post: Post) -> Searched:
    words = [post.title, *(paragraph.text for paragraph in post.paragraphs)]
    return Searched("post", record, post.language, words)


def _empty_post(record: RecordId) -> Update:
    return update(POSTS).where(POSTS.c.id == record).values(**NO_WORDS, erased=True)


def _fold_erased_post(rows: Rows, record: Accepted, stored: StoredRecord) -> None:
    _fold_erased_patch(rows, record, stored)
    rows.posts.append(erased_post_row(record, stored.author or 0))


def _fold_patch(rows: Rows, record: Accepted, patch: Patch) -> None:
    sheet = patch_sheet(record.id, record.group, patch)
    rows.sheets.append(sheet_row(record.id, record.group, record.place, patch.author, sheet))


def _fold_erased_patch(rows: Rows, record: Accepted, stored: StoredRecord) -> None:
    """The sheet of an erased patch: only the places of its paragraphs."""
    shape = parse_erased(msgspec.json.decode(stored.wire))
    author = stored.author or 0
    sheet = Sheet(
        id=stored.id,
        post=shape.post or stored.id,
        writer=member_writer(stored.group_id, author),
        key=stored.key or 0,
        counter=stored.counter or 0,
        paragraphs=(None,) * len(shape.afters),
        afters=shape.afters,
        erased=True,
    )
    rows.sheets.append(sheet_row(record.id, record.group, record.place, author, sheet))


def _fold_vote(rows: Rows, record: Accepted, vote: Vote) -> None:
    rows.votes.append(CastHere(record.group, cast_vote(record.id, vote), record.seq, record.place))


def _fold_erase(rows: Rows, record: Accepted, wish: Erase) -> None:
    rows.erasures += [{"record_id": target, "group_id": record.group, "author": wish.author} for target in wish.records]


def _fold_claim(rows: Rows, record: Accepted, claim: Claim) -> None:
    of = claim.claims
    place = {"record_id": record.id, "group_id": record.group, "author": claim.author}
    rows.claims.append({**place, "of_group": of.group, "member": of.member})


def _fold_poll(rows: Rows, record: Accepted, poll: Poll) -> None:
    row = {"id": record.id, "group_id": record.group, "author": poll.author, "place": record.place}
    rows.polls.append({**row, "poll": msgspec.json.encode(poll), "about": poll.about})


def _search_poll(record: RecordId, poll: Poll) -> Searched:
    options = [text for option in poll.options for text in (option.title, option.text)]
    goal = [poll.goal.text] if poll.goal else []
    words = [poll.title, *(paragraph.text for paragraph in poll.paragraphs), *options, *goal]
    return Searched("poll", record, poll.language, words)


def _search_proposal(_: RecordId, proposal: Proposal) -> Searched | None:
    """The words of a proposal; one that withdraws another has none."""
    if not proposal.title:
        return None
    words = [proposal.title, *(paragraph.text for paragraph in proposal.paragraphs)]
    return Searched("proposal", proposal.poll, "", words)


def _fold_ballot(rows: Rows, record: Accepted, ballot: Ballot) -> None:
    row = {"record_id": record.id, "poll_id": ballot.poll, "group_id": record.group, "author": ballot.author}
    rows.ballots.append({**row, "place": record.place, "ballot": msgspec.json.encode(ballot)})


def _fold_delegate(rows: Rows, record: Accepted, delegate: Delegate) -> None:
    rows.delegations.append(_of_delegation(record, delegate, "", msgspec.json.encode(delegate)))


def _fold_delegation(rows: Rows, record: Accepted, delegation: Delegation) -> None:
    rows.delegations.append(_of_delegation(record, delegation, delegation.scope, msgspec.json.encode(delegation)))


def _fold_said(rows: Rows, record: Accepted, said: SaidInPoll) -> None:
    row = {"record_id": record.id, "poll_id": said.poll, "group_id": record.group, "author": said.author}
    kept = {"type": record.type, "place": record.place, "said": msgspec.json.encode(said)}
    rows.said.append({**row, **kept})


def _of_delegation(record: Accepted, said: Delegate | Delegation, scope: str, wire: bytes) -> dict[str, Any]:
    row = {"record_id": record.id, "group_id": record.group, "author": said.author, "scope": scope}
    return {**row, "key": said.key, "counter": said.counter, "place": record.place, "said": wire}


def _withdraw_claim(record: RecordId) -> Delete:
    return delete(CLAIMS).where(CLAIMS.c.record_id == record)


def _fold_erased_claim(_: Rows, __: Accepted, ___: StoredRecord) -> None:
    """Nothing, because an erased claim claims nothing."""


PROFILE: Final = ProjectedKind[Profile](
    fold=_fold_profile,
    search=lambda _, profile: Searched("profile", None, "", [profile.nickname, profile.text]),
    sheet=None,
    empty=_empty_profile,
    fold_erased=_fold_erased_profile,
    ordered=(),
)
POST: Final = ProjectedKind[Post](
    fold=_fold_post,
    search=_search_post,
    sheet=post_sheet,
    empty=_empty_post,
    fold_erased=_fold_erased_post,
    ordered=(POSTS, SHEETS),
)
PATCH: Final = ProjectedKind[Patch](
    fold=_fold_patch,
    search=lambda _, patch: Searched("patch", patch.post, "", [add.text for add in patch.adds]),
    sheet=patch_sheet,
    empty=None,
    fold_erased=_fold_erased_patch,
    ordered=(SHEETS,),
)
VOTE: Final = ProjectedKind[Vote](
    fold=_fold_vote, search=None, sheet=None, empty=None, fold_erased=None, ordered=(VOTES,)
)
ERASE: Final = ProjectedKind[Erase](fold=_fold_erase, search=None, sheet=None, empty=None, fold_erased=None, ordered=())
CLAIM: Final = ProjectedKind[Claim](
    fold=_fold_claim, search=None, sheet=None, empty=_withdraw_claim, fold_erased=_fold_erased_claim, ordered=()
)
POLL: Final = ProjectedKind[Poll](
    fold=_fold_poll, search=_search_poll, sheet=None, empty=None, fold_erased=None, ordered=(POLLS,)
)
BALLOT: Final = ProjectedKind[Ballot](
    fold=_fold_ballot, search=None, sheet=None, empty=None, fold_erased=None, ordered=(BALLOTS,)
)
DELEGATE: Final = ProjectedKind[Delegate](
    fold=_fold_delegate, search=None, sheet=None, empty=None, fold_erased=None, ordered=(DELEGATIONS,)
)
DELEGATION: Final = ProjectedKind[Delegation](
    fold=_fold_delegation, search=None, sheet=None, empty=None, fold_erased=None, ordered=(DELEGATIONS,)
)
SAID_IN_POLL: Final = ProjectedKind[SaidInPoll](
    fold=_fold_said, search=None, sheet=None, empty=None, fold_erased=None, ordered=(SAID,)
)
PROPOSAL: Final = ProjectedKind[Proposal](
    fold=_fold_said, search=_search_proposal, sheet=None, empty=None, fold_erased=None, ordered=(SAID,)
)
# It is in the log, which is all that a roll looks at.
CONFIRM: Final = ProjectedKind[Confirm](fold=None, search=None, sheet=None, empty=None, fold_erased=None, ordered=())
# Stored and sent on; guests' records aren't applied yet.
GUEST: Final = ProjectedKind[GuestRecord](fold=None, search=None, sheet=None, empty=None, fold_erased=None, ordered=())

PROJECTED: Final[OfEach[ProjectedKind[Any]]] = OfEach(
    Profile=PROFILE,
    Post=POST,
    Patch=PATCH,
    Vote=VOTE,
    Erase=ERASE,
    Claim=CLAIM,
    GuestRecord=GUEST,
    Poll=POLL,
    Ballot=BALLOT,
    Delegate=DELEGATE,
    Delegation=DELEGATION,
    Proposal=PROPOSAL,
    AreaVote=SAID_IN_POLL,
    Prediction=SAID_IN_POLL,
    Sealed=SAID_IN_POLL,
    LotShare=SAID_IN_POLL,
    Opening=SAID_IN_POLL,
    Evaluation=SAID_IN_POLL,
    Confirm=CONFIRM,
)
