"""THE READING DOOR: who may read a group. Only members and their pods may read a private one; others aren't told of it.

Every reader is a value of a closed union, `Viewer`. Only `open_group` makes a `ReadableGroup`, and without one no word,
title, name or file of a group is handed out.

A private group answers (ADR 0025)
- a member at home here, by token;
- a pod that is home to a member with weight >= 0 who hasn't left;
- the holder of such a member's present recovery key, because a new home needs chain and log before it is one;
- the holder of the key of a valid invitation, but only with its chain, which is needed to write a join.

A former or black-listed member, or one who moved to another pod, reads what a stranger reads. A private group is
refused after the same database queries as a group that isn't here, so the time doesn't tell which it is.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from federation.readers import VerifiedHolder, VerifiedPod, VerifiedReader
from models.groups.groups_and_items import load_visibility
from models.people.accounts import Account, Membership, load_membership, load_memberships
from pod.actions.chain.views import load_view
from pod.actions.private_groups import counts, is_home, unknown_group
from pod.deps import Deps
from pod.errors import UnknownGroupError
from protocol.branches import View
from protocol.canonical import check_value
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_RECORD_DEPTH
from protocol.operations import check_invitation
from protocol.records.operation import open_invitation
from protocol.state import GroupState, Member

Reader = Account | None  # None: the viewer is a stranger
Viewer = Account | VerifiedReader | None
Part = Literal["all", "chain"]
_MAKER: Final = object()


class ReadableGroup:
    """A group that `viewer` may read, with its state at the head. Only `open_group` makes one.

    `member`: the viewer's own entry in the group; None if the viewer is no member, has left or has moved away.
    `membership`: what this pod stored of it, if the viewer is an account here.
    """

    __slots__ = ("member", "membership", "view", "viewer")

    def __init__(self, viewer: Viewer, view: View, membership: Membership | None, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("Only access.open_group makes a ReadableGroup.")
        self.viewer = viewer
        self.view = view
        self.membership = membership
        self.member = standing_of(membership, view.state)

    @property
    def id(self) -> RecordId:
        """The group's id."""
        return self.view.state.group

    @property
    def name(self) -> str:
        """The group's name."""
        return self.state.policy.name

    @property
    def state(self) -> GroupState:
        """The state of the group at its head."""
        return self.view.state

    @property
    def number(self) -> int | None:
        """The viewer's number as a member; None if the viewer is no member."""
        return self.member.number if self.member else None

    @property
    def is_met(self) -> bool:
        """Whether the viewer may find the group outside its own pages: it is public, or the viewer belongs to it."""
        return self.state.visibility == "public" or (self.member is not None and counts(self.member))


async def open_group(
    session: AsyncSession, deps: Deps, viewer: Viewer, group: RecordId, *, part: Part = "all"
) -> ReadableGroup:
    """Return the group if the viewer may see this part of it; raises UnknownGroupError."""
    membership = await load_membership(session, viewer.id, group) if isinstance(viewer, Account) else None
    return await _open(session, deps, viewer, group, membership, part)


async def _open(
    session: AsyncSession, deps: Deps, viewer: Viewer, group: RecordId, membership: Membership | None, part: Part
) -> ReadableGroup:
    held = deps.store.views.checked(group, version=await deps.store.database.seen_by(session))
    if (held is None or held.state.visibility == "private") and not await _may_ask(session, viewer, membership, group):
        raise unknown_group()
    view = await load_view(session, deps, group)
    member = standing_of(membership, view.state)
    if view.state.visibility == "private" and not _may_read(deps, viewer, member, view.state, part):
        raise unknown_group()
    return ReadableGroup(viewer, view, membership, _MAKER)


async def open_state(session: AsyncSession, deps: Deps, viewer: Viewer, group: RecordId) -> GroupState:
    """Return the state of a group that the viewer may read, for callers that don't need the viewer's membership."""
    held = deps.store.views.checked(group, version=await deps.store.database.seen_by(session))
    if held is not None and held.state.visibility != "private":
        return held.state
    return (await open_group(session, deps, viewer, group)).state


async def open_those(
    session: AsyncSession, deps: Deps, viewer: Viewer, groups: Collection[RecordId]
) -> dict[RecordId, ReadableGroup]:
    """Return those of `groups` that this pod holds and that the viewer may read."""
    memberships = await load_memberships(session, viewer.id, groups) if isinstance(viewer, Account) and groups else {}
    found = {}
    for group in groups:
        try:
            found[group] = await _open(session, deps, viewer, group, memberships.get(group), "all")
        except UnknownGroupError:
            continue
    return found


async def is_open(deps: Deps, group: RecordId) -> bool:
    """Whether this pod holds the group and everybody may read it."""
    async with deps.store.database.read() as session:
        visibility = await load_visibility(session, group)
    return visibility is not None and visibility != "private"


async def _may_ask(session: AsyncSession, viewer: Viewer, membership: Membership | None, group: RecordId) -> bool:
    """Whether the group is worth loading. Asks the same for a private group and for one that this pod doesn't hold."""
    visibility = await load_visibility(session, group)
    may_belong = membership is not None or isinstance(viewer, VerifiedPod | VerifiedHolder)
    return visibility is not None and (visibility != "private" or may_belong)


def standing_of(membership: Membership | None, state: GroupState) -> Member | None:
    """The membership's entry in the group; None once the member's key there is no longer this account's."""
    member = state.members.get(membership.number) if membership and membership.number is not None else None
    if membership is None or member is None or member.left:
        return None
    return member if membership.state == "moving" or member.signing == membership.signing else None


def _may_read(deps: Deps, viewer: Viewer, member: Member | None, state: GroupState, part: Part) -> bool:
    match viewer:
        case Account():
            return member is not None and counts(member)
        case VerifiedPod():
            return is_home(state, viewer.actor)
        case VerifiedHolder():
            return _recovers(state, viewer) or (part == "chain" and _is_invited(state, viewer, now=deps.clock()))
        case None:
            return False


def _is_invited(state: GroupState, reader: VerifiedHolder, *, now: int) -> bool:
    if reader.invitation is None:
        return False
    try:
        check_value(reader.invitation, max_depth=MAX_RECORD_DEPTH)
        invitation = open_invitation(reader.invitation, verify=True)
        check_invitation(state, invitation, at=max(now, state.at))
    except RefusedError:
        return False
    return invitation.content.to == reader.key


def _recovers(state: GroupState, reader: VerifiedHolder) -> bool:
    number = state.keys.get(reader.key)
    member = state.members[number] if number is not None else None
    return member is not None and counts(member) and member.recovery[-1] == reader.key
