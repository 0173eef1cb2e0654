"""Groups and their members as this pod sees them, with what it holds against the steward."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_own
from models.content.posts_and_votes import has_claim
from models.groups.groups_and_items import StoredGroupLine, list_public, load_group, load_lines
from models.groups.seats_and_acks import list_disputes, list_faults, list_withheld
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.chain.unconfirmed import Doubt, list_doubts
from pod.actions.chain.views import load_view
from pod.actions.reading.group.profiles import NOBODY, load_visible_profiles
from pod.actions.reading.name_order import MOST_SORTED, name_place
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.ids import RecordId
from protocol.state import Member

MOST_SHOWN = 100
MOST_LISTED = 100  # members in a group's description; another list has all of them


class LogSight(msgspec.Struct, frozen=True):
    """The log to which the head commits; `held`: how many of its entries are here."""

    size: int
    root: str
    held: int


class MemberLine(msgspec.Struct, frozen=True):
    """A member in short."""

    number: int
    weight: int
    pod: str
    left: bool


class WithheldLine(msgspec.Struct, frozen=True):
    """A record that waited while the log grew past it."""

    record: RecordId
    since: int


class FaultLine(msgspec.Struct, frozen=True):
    """Two signed records; no honest key signs both."""

    kind: str
    first: RecordId
    second: RecordId


class DisputeLine(msgspec.Struct, frozen=True):
    """Another pod regards `theirs` as settled, and this pod regards `ours` as settled."""

    pod: str
    ours: RecordId
    theirs: RecordId


class GroupSight(msgspec.Struct, frozen=True):
    """A group as this pod sees it. Weights in thousandths, `default_score` in micro units.

    `members`: the first ones by number, also former ones; another list has all. `member_count`: members with weight ≥ 0
    who haven't left. `published`: the public name, if it has one.
    """

    group: RecordId
    name: str
    description: str
    kind: str
    visibility: str
    others_weight: int
    default_score: int
    head: RecordId
    height: int
    term: int
    anchor: RecordId
    settled_height: int
    state_hash: str
    log: LogSight
    steward: str
    keepers: tuple[int, ...]
    disputed: bool
    withheld: tuple[WithheldLine, ...]
    faults: tuple[FaultLine, ...]
    disputes: tuple[DisputeLine, ...]
    doubts: tuple[Doubt, ...]
    member_count: int
    members: tuple[MemberLine, ...]
    published: str | None = None


class GroupLine(msgspec.Struct, frozen=True):
    """A group in a list."""

    group: RecordId
    name: str
    visibility: str
    height: int
    settled_height: int


class GroupPage(msgspec.Struct, frozen=True):
    """Public groups by name; `next` is the `after` of the next page. `own`: the reader's, only on the first page."""

    groups: tuple[GroupLine, ...]
    own: tuple[GroupLine, ...] = ()
    next: RecordId | None = None


class MemberSight(msgspec.Struct, frozen=True):
    """A member, with the profile if there is one. `identity`: a personal group that claims to be this member."""

    number: int
    weight: int
    pod: str
    left: bool
    keeper: bool
    joined_height: int
    nickname: str = ""
    text: str = ""
    profile: RecordId | None = None
    identity: RecordId | None = None
    indexable: bool = True


class MemberPage(msgspec.Struct, frozen=True):
    """Members by number; `next` is the `after` of the next page."""

    members: tuple[MemberSight, ...]
    next: int | None = None


async def describe_group(deps: Deps, group: RecordId, reader: Reader = None) -> GroupSight:
    """The group as this pod sees it, for a reader: head, anchor, state hash, log, members."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group)
    return await describe_held(deps, group)


async def describe_held(deps: Deps, group: RecordId) -> GroupSight:
    """The same for the pod's own operator, who may see every group that the pod holds."""
    async with deps.store.database.read() as session:
        view = await load_view(session, deps, group)
        stored = await load_group(session, group)
        withheld = await list_withheld(session, group, MOST_SHOWN)
        faults = await list_faults(session, group, MOST_SHOWN)
        disputes = await list_disputes(session, group, MOST_SHOWN)
        if stored is None:
            raise GroupRule.UNKNOWN_GROUP.error()
        doubts = await list_doubts(session, deps, view, stored)
    state = view.state
    return GroupSight(
        group=group,
        name=state.policy.name,
        description=state.policy.description or "",
        kind=state.kind,
        visibility=state.visibility,
        others_weight=state.others_weight,
        default_score=state.default_score,
        head=view.head,
        height=state.height,
        term=state.term,
        anchor=view.anchor,
        settled_height=view.settled.height,
        state_hash=deps.memory.hash_of(state),
        log=LogSight(state.log.size, state.log.root, stored.log_size),
        steward=state.steward.pod,
        keepers=tuple(seat.member for seat in state.seats),
        disputed=view.disputed,
        withheld=tuple(WithheldLine(entry.record_id, entry.since_at) for entry in withheld),
        faults=tuple(FaultLine(fault.kind, fault.first_id, fault.second_id) for fault in faults),
        disputes=tuple(DisputeLine(dispute.pod, dispute.ours, dispute.theirs) for dispute in disputes),
        doubts=doubts,
        member_count=sum(state.homes.values()),
        members=tuple(_line(state.members[number]) for number in range(1, min(MOST_LISTED, state.last_number) + 1)),
        published=state.published,
    )


async def list_groups(
    deps: Deps, reader: Reader, *, after: RecordId | None, limit: int, language: str = ""
) -> GroupPage:
    """Public groups of this pod, by name in the language's order, and the reader's own groups of any visibility."""
    async with deps.store.database.read() as session:
        place = await load_group(session, after) if after else None
        if after and (place is None or place.visibility != "public"):
            raise GroupRule.UNKNOWN_AFTER.error()
        found = await _public_after(session, (place.name, place.id) if place else None, limit + 1, language)
        own = await _own_groups(session, reader, language) if reader and not after else ()
    shown = tuple(GroupLine(g.id, g.name, g.visibility, g.head_height, g.anchor_height) for g in found[:limit])
    return GroupPage(shown, own, shown[-1].group if len(found) > limit else None)


async def _public_after(
    session: AsyncSession, place: tuple[str, RecordId] | None, limit: int, language: str
) -> list[StoredGroupLine]:
    found = await list_public(session, MOST_SORTED + 1)
    if len(found) > MOST_SORTED:
        return await list_public(session, limit, after=place)
    found.sort(key=lambda group: (name_place(group.name, language), group.id))
    if place is None:
        return found[:limit]
    behind = (name_place(place[0], language), place[1])
    return [group for group in found if (name_place(group.name, language), group.id) > behind][:limit]


async def _own_groups(session: AsyncSession, reader: Reader, language: str) -> tuple[GroupLine, ...]:
    stored = await load_lines(session, await list_own(session, reader.id if reader else 0))
    own = [group for group in stored.values() if group.kind == "group"]
    groups = sorted(own, key=lambda group: (name_place(group.name, language), group.id))
    return tuple(GroupLine(g.id, g.name, g.visibility, g.head_height, g.anchor_height) for g in groups)


async def list_members(deps: Deps, reader: Reader, group: RecordId, *, after: int, limit: int) -> MemberPage:
    """Members by number, also former ones."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        # Every join takes the next number.
        last = opened.state.last_number
        numbers = list(range(after + 1, min(after + limit, last) + 1))
        shown = await describe_members(session, deps, opened, numbers)
    return MemberPage(shown, after + limit if after + limit < last else None)


async def describe_member(deps: Deps, reader: Reader, group: RecordId, number: int) -> MemberSight:
    """One member; raises NotFoundError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        if number not in opened.state.members:
            raise GroupRule.NOT_A_MEMBER_NUMBER.error()
        (shown,) = await describe_members(session, deps, opened, [number])
    return shown


def name_of(number: int, nickname: str) -> str:
    """The display name of a member; number 0 is a guest."""
    if nickname:
        return f"{nickname} · {number}"
    return f"member {number}" if number else "a guest"


async def describe_members(
    session: AsyncSession, deps: Deps, opened: ReadableGroup, numbers: list[int]
) -> tuple[MemberSight, ...]:
    """Members with their profiles and claimed identities."""
    state = opened.state
    profiles = await load_visible_profiles(session, deps, opened, numbers)
    keepers = {seat.member for seat in state.seats}
    shown = []
    for number in numbers:
        member, profile = state.members[number], profiles.get(number, NOBODY)
        shown.append(
            MemberSight(
                number,
                member.weight,
                member.home.pod,
                member.left,
                number in keepers,
                member.joined_height,
                profile.nickname,
                profile.text,
                profile.record,
                await _identity(session, state.group, member),
                profile.indexable,
            )
        )
    return tuple(shown)


async def _identity(session: AsyncSession, group: RecordId, member: Member) -> RecordId | None:
    """The member's identity, if the personal group itself confirms it now; else None."""
    if member.identity is not None and await has_claim(session, member.identity, group, member.number):
        return member.identity
    return None


def _line(member: Member) -> MemberLine:
    return MemberLine(member.number, member.weight, member.home.pod, member.left)
