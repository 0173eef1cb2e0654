"""The records that need no order: profiles, posts, patches, votes, erasures, claims, what guests did; parsed once.

Rules of this file (protocol §1.1, §1.5, §4):

1. Known members have exactly their type and range; unknown members are passed over here and stay in the raw record.
2. A type that `rules: 1` doesn't know becomes `Unknown`: stored and relayed, never applied.
3. Content is signed by a signing key: a content record has `author`, `key`, `counter`, `at` and no `recovery`.
4. Inside a patch an address without `record` means the patch itself, whose id its writer can't know yet (ADR 0010).
   Such an address must name one of its adds, and as `after` a lower one; so nothing can hang on itself.
5. A target has exactly one of the five kinds. What becomes a key of a table, a subject or an emoji, is bounded.
6. A poll for or against has no options; each other kind has its own, or a phase in which members propose them. A date
   poll's options, and no others, have a time.
7. A ballot says exactly one thing. Whether it fits its poll, the count judges: a ballot may come before its poll.
8. A proposal has a title, or withdraws another one. Whether a record of a poll came in its phase, the count judges.
9. A post's `imported` counts if it has its form, and is passed over otherwise: older pods accepted any value there.
"""

from collections.abc import Callable
from typing import Any, Literal, TypeVar
from unicodedata import is_normalized

import msgspec

from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.limits import MAX_ATTACHMENTS, MAX_PARAGRAPHS, MAX_VOTE
from protocol.records.content.poll_phases import Proposal
from protocol.records.content.polls import Ballot, Delegation, Poll
from protocol.records.content.shapes import (
    Address,
    Authored,
    Emoji,
    GuestPost,
    GuestRecord,
    GuestVote,
    Id,
    Imported,
    Name,
    ParagraphTarget,
    Patch,
    Post,
    PostTarget,
    Profile,
    ProfileTarget,
    ReactionTarget,
    ReplyTo,
    RepostOrigin,
    SubjectTarget,
    Target,
    Url,
    Vote,
    VoteValue,
)
from protocol.rules.content import ContentRule


def parse_target(value: object) -> Target:
    """One target of a vote: an object with exactly one of the five known members."""
    form = _convert(value, _TargetForm, "target")
    match form:
        case _TargetForm(post=str(post), paragraph=None, subject=None, profile=None, reaction=None):
            return PostTarget(RecordId(post))
        case _TargetForm(post=None, paragraph=Address() as paragraph, subject=None, profile=None, reaction=None):
            return ParagraphTarget(paragraph)
        case _TargetForm(post=None, paragraph=None, subject=str(subject), profile=None, reaction=None):
            return SubjectTarget(_in_nfc(subject))
        case _TargetForm(post=None, paragraph=None, subject=None, profile=str(profile), reaction=None):
            return ProfileTarget(RecordId(profile))
        case _TargetForm(post=None, paragraph=None, subject=None, profile=None, reaction=_Reaction() as reaction):
            return ReactionTarget(reaction.post, reaction.emoji)
    raise ContentRule.ONE_TARGET.error()


class _Reaction(msgspec.Struct, frozen=True):
    post: Id
    emoji: Emoji


class _TargetForm(msgspec.Struct, frozen=True):
    post: Id | None = None
    paragraph: Address | None = None
    subject: Name | None = None
    profile: Id | None = None
    reaction: _Reaction | None = None


class _VoteForm(Authored, frozen=True, kw_only=True):
    target: Any
    value: VoteValue
    from_: RepostOrigin | None = msgspec.field(default=None, name="from")
    reason: Any = ""


class _GuestForm(msgspec.Struct, frozen=True):
    host: Name
    actor: Url
    activity: Url
    kind: Literal["post", "vote"]
    content: GuestPost | None = None
    target: Any = None
    value: VoteValue | None = None


Parsed = TypeVar("Parsed")


def _convert(value: object, form: type[Parsed], name: str) -> Parsed:
    try:
        return msgspec.convert(value, form, strict=True)
    except msgspec.ValidationError as error:
        raise ContentRule.ODD_CONTENT.error(name=name, why=str(error)) from error


def _has_form(value: object, form: type[msgspec.Struct]) -> bool:
    try:
        msgspec.convert(value, form, strict=True)
    except msgspec.ValidationError:
        return False
    return True


def parse_profile(body: JsonObject) -> Profile:
    """A member's profile. Only `indexable: false` counts, because older pods accepted any value there."""
    return _convert({**body, "indexable": body.get("indexable") is not False}, Profile, "Profile")


def parse_post(body: JsonObject) -> Post:
    """A member's post; rule 9."""
    if "imported" in body and not _has_form(body["imported"], Imported):
        body = {name: value for name, value in body.items() if name != "imported"}
    post = _convert(body, Post, "Post")
    _check_reply(post.reply_to)
    return post


def parse_patch(body: JsonObject) -> Patch:
    """An edit of a post; rule 4."""
    patch = _convert(body, Patch, "Patch")
    own = len(patch.adds)
    for index, add in enumerate(patch.adds):
        if add.after and add.after.record is None and add.after.index >= index:
            raise ContentRule.PARAGRAPH_PLACE.error()
    for mark in patch.marks:
        if mark.deleted and mark.replaced_by:
            raise ContentRule.MARK_OR_MARK.error()
        if mark.replaced_by == mark.paragraph:
            raise ContentRule.REPLACES_ITSELF.error()
        if any(at and at.record is None and at.index >= own for at in (mark.paragraph, mark.replaced_by)):
            raise ContentRule.MARK_OF_NOTHING.error()
    _check_deletions(body)
    return patch


def _check_deletions(body: JsonObject) -> None:
    # `deleted` is true or absent, so that a mark that is taken back has only one spelling.
    if any(mark.get("deleted") is False for mark in body.get("marks", ())):
        raise ContentRule.DELETED_IS_TRUE.error()


def parse_vote(body: JsonObject) -> Vote:
    """A vote; rule 5."""
    form = _convert(body, _VoteForm, "Vote")
    target = parse_target(form.target)
    _check_reaction(target, form.value)
    return Vote(
        author=form.author,
        key=form.key,
        counter=form.counter,
        at=form.at,
        target=target,
        value=form.value,
        from_=form.from_,
        reason=form.reason if type(form.reason) is str else "",
    )


def parse_poll(body: JsonObject) -> Poll:
    """A question to the group; rule 6."""
    poll = _convert(body, Poll, "Poll")
    if (poll.kind == "for-against") == bool(poll.options or poll.lengths.proposals):
        raise ContentRule.OPTIONS_OF_KIND.error(kind=poll.kind)
    dated = [option.start is not None and option.end is not None for option in poll.options]
    if any(dated) != (poll.kind == "date") or (not all(dated) and any(dated)):
        raise ContentRule.DATES.error()
    if any((option.end or 0) <= (option.start or 0) for option in poll.options if poll.kind == "date"):
        raise ContentRule.DATES.error()
    return poll


def parse_ballot(body: JsonObject) -> Ballot:
    """What a member says in a poll; rule 7."""
    ballot = _convert(body, Ballot, "Ballot")
    said = (ballot.scores, ballot.ranking, ballot.approvals, ballot.choice)
    flags = [body[name] for name in ("blank", "withdraw") if name in body]
    if sum(one is not None for one in said) + len(flags) != 1 or not all(flags):
        raise ContentRule.ONE_CHOICE.error()
    return ballot


def parse_proposal(body: JsonObject) -> Proposal:
    """Something to choose in a poll; rule 8."""
    proposal = _convert(body, Proposal, "Proposal")
    if bool(proposal.title) == (proposal.withdraws is not None):
        raise ContentRule.TITLE_OR_WITHDRAWS.error()
    return proposal


def parse_delegation(body: JsonObject) -> Delegation:
    """Whom a vote follows."""
    delegation = _convert(body, Delegation, "Delegation")
    if delegation.area is not None and delegation.poll is not None:
        raise ContentRule.ONE_SCOPE.error()
    return delegation


def parse_guest_record(body: JsonObject) -> GuestRecord:
    """What a guest, who has no keys here, did."""
    form = _convert(body, _GuestForm, "GuestRecord")
    did: GuestPost | GuestVote
    if form.kind == "post":
        if form.content is None or form.value is not None or form.target is not None:
            raise ContentRule.GUEST_POST.error()
        _check_reply(form.content.reply_to)
        did = form.content
        _check_guest_lists(did)
    else:
        if form.content is not None or form.value is None:
            raise ContentRule.GUEST_VOTE.error()
        did = GuestVote(parse_target(form.target), form.value)
        _check_reaction(did.target, did.value)
    return GuestRecord(form.host, form.actor, form.activity, did)


def plain(shape: type[Parsed]) -> Callable[[JsonObject], Parsed]:
    """How a kind is read that has no rules but the types of its members."""
    return lambda body: _convert(body, shape, shape.__name__)


def parse_header(body: JsonObject) -> Authored | None:
    """The header of a type that this version doesn't know; rule 2."""
    # A later type may be signed by a pod or a recovery key. One that names a signing key must have a whole header, or
    # nobody could check whether its author's key is valid before appending it to the log.
    return _convert(body, Authored, "The record") if "author" in body and "recovery" not in body else None


def _check_reply(reply: ReplyTo | None) -> None:
    if reply is None:
        return
    if (reply.record is None) == (reply.subject is None):
        raise ContentRule.ONE_REPLY.error()
    if reply.subject is not None:
        if reply.index is not None:
            raise ContentRule.SUBJECT_PARAGRAPHS.error()
        _in_nfc(reply.subject)


def _check_reaction(target: Target, value: int) -> None:
    if isinstance(target, ReactionTarget) and value not in {0, MAX_VOTE}:
        raise ContentRule.REACTION_VALUE.error(most=MAX_VOTE)


def _check_guest_lists(post: GuestPost) -> None:
    if len(post.paragraphs) > MAX_PARAGRAPHS or len(post.attachments) > MAX_ATTACHMENTS:
        raise ContentRule.GUEST_TOO_LONG.error()


def _in_nfc(subject: str) -> str:
    if is_normalized("NFC", subject):
        return subject
    raise ContentRule.SUBJECT_SPELLING.error()
