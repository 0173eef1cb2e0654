"""How the draft of each kind of record is completed before it is signed here, and who may have it signed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import load_record, load_records
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.groups.claimable import check_claim
from pod.deps import Deps
from pod.errors import UnknownGroupError
from pod.rules.posts import PostRule
from protocol.canonical import JsonObject
from protocol.ids import RecordId, parse_id
from protocol.records.content import (
    OfEach,
    ParagraphTarget,
    PostTarget,
    ProfileTarget,
    ReactionTarget,
    Target,
    is_erasable,
    parse_target,
)

Complete = Callable[[AsyncSession, Deps, Account, RecordId, JsonObject], Awaitable[JsonObject]]


class DraftedKind(msgspec.Struct, frozen=True, kw_only=True):
    """How a draft of this kind is completed before it is signed.

    `by_members`: a member may have it signed; otherwise only the pod itself. `complete` adds what the author needn't
    know; None if nothing is to be added.
    """

    by_members: bool
    complete: Complete | None


async def _with_origin(
    session: AsyncSession, deps: Deps, account: Account, group: RecordId, vote: JsonObject
) -> JsonObject:
    """The vote, with the address of the target's group if that is another public group and the voter gave none.

    Things of a private group are voted on only in that group. A voter who may not read the group isn't told its
    address.
    """
    about = _record_of(parse_target(vote.get("target")))
    stored = await load_record(session, about) if about else None
    if stored is None or stored.group_id == group:
        return vote
    try:
        state = (await open_group(session, deps, account, stored.group_id)).state
    except UnknownGroupError as error:
        raise PostRule.NOTHING_TO_VOTE_ON.error() from error
    if state.visibility == "private":
        raise PostRule.PRIVATE_STAYS_INSIDE.error()
    found = {"from": {"group": stored.group_id, "pod": deps.identity.base_url}}
    return found | vote if state.visibility == "public" else vote


async def _of_no_private_group(
    session: AsyncSession, _: Deps, __: Account, ___: RecordId, claim: JsonObject
) -> JsonObject:
    await check_claim(session, claim)
    return claim


async def _of_what_loses_words(
    session: AsyncSession, _: Deps, __: Account, group: RecordId, wish: JsonObject
) -> JsonObject:
    """The erasure; of records that keep their words it would be an empty promise."""
    named = wish.get("records")
    ids = [parse_id(one) for one in named] if isinstance(named, list) else []
    held = [one for one in (await load_records(session, ids)).values() if one.group_id == group]
    if not all(is_erasable(one.type) for one in held):
        raise PostRule.KEPT_FOR_EVER.error()
    return wish


def _record_of(target: Target) -> RecordId | None:
    """The record that a vote is about; None for a public subject."""
    match target:
        case PostTarget(post=record) | ReactionTarget(post=record) | ProfileTarget(profile=record):
            return record
        case ParagraphTarget(paragraph=address):
            return address.record
        case _:
            return None


PLAIN: Final = DraftedKind(by_members=True, complete=None)

DRAFTED: Final[OfEach[DraftedKind]] = OfEach(
    Profile=PLAIN,
    Post=PLAIN,
    Patch=PLAIN,
    Vote=DraftedKind(by_members=True, complete=_with_origin),
    Erase=DraftedKind(by_members=True, complete=_of_what_loses_words),
    Claim=DraftedKind(by_members=True, complete=_of_no_private_group),
    GuestRecord=DraftedKind(by_members=False, complete=None),
    Poll=PLAIN,
    Ballot=PLAIN,
    Delegate=PLAIN,
    Delegation=PLAIN,
    Proposal=PLAIN,
    AreaVote=PLAIN,
    Prediction=PLAIN,
    Sealed=PLAIN,
    LotShare=PLAIN,
    Opening=PLAIN,
    Evaluation=PLAIN,
    Confirm=PLAIN,
)
