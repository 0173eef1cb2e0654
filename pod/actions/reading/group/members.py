"""Members as their pages show them: a page by number, one with what they wrote, and what a weight would change."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.member_lists import Seated, count_votes, list_heaviest, list_seated
from models.content.places import LogPlace
from models.groups.groups_and_items import load_lines
from moderation.power import MOST_EXACT, power
from pod.actions.access import Reader, open_group
from pod.actions.reading.group.groups import MemberSight, describe_members
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.post.cards import VisibleCard
from pod.actions.reading.post.written import list_written
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.ids import RecordId
from protocol.state import GroupState

MONTH_MS: Final = 30 * 86_400_000
MOST_PIECES: Final = 24


class RosterLine(msgspec.Struct, frozen=True):
    """A member in the table; `joined_at` is the time of the item that holds their join."""

    number: int
    weight: int
    home_pod: str
    left: bool
    nickname: str
    joined_at: int


class RosterPage(msgspec.Struct, frozen=True):
    """Members by number, with their votes of the last 30 days; `next` is the `after` of the next page."""

    members: tuple[RosterLine, ...]
    votes: Mapping[int, int]
    keepers: frozenset[int]
    next: int | None = None


class Standing(msgspec.Struct, frozen=True):
    """A member's weight compared with all weight; `power` is the Banzhaf index in small groups, else the share."""

    number: int
    weight: int
    share: Fraction
    power: Fraction


class Balance(msgspec.Struct, frozen=True):
    """The heaviest members, the share of all others together, and how many have weight."""

    standings: tuple[Standing, ...]
    others: Fraction
    weighted: int
    whole: int
    nicknames: Mapping[int, str]

    @property
    def exact(self) -> bool:
        """Whether `power` is the Banzhaf index."""
        return self.weighted <= MOST_EXACT

    def of(self, number: int) -> Standing | None:
        """A member's standing, if it is among the heaviest."""
        return next((standing for standing in self.standings if standing.number == number), None)


async def list_roster(deps: Deps, reader: Reader, group: RecordId, *, after: int, limit: int) -> RosterPage:
    """Members by number, also former ones."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, reader, group)).state
    return await deps.store.remember(("roster", group, after, limit), partial(_roster, deps, state, after, limit))


async def _roster(deps: Deps, state: GroupState, after: int, limit: int) -> RosterPage:
    group = state.group
    async with deps.store.database.read() as session:
        seated = await list_seated(session, group, limit + 1, after=after)
        shown = seated[:limit]
        numbers = [member.number for member in shown]
        votes = await count_votes(session, group, numbers, deps.clock() - MONTH_MS)
        nicknames = await load_nicknames(session, deps, group, numbers)
    keepers = frozenset(seat.member for seat in state.seats)
    return RosterPage(
        tuple(_roster_line(one, nicknames.get(one.number, "")) for one in shown),
        votes,
        keepers,
        shown[-1].number if len(seated) > limit else None,
    )


def _roster_line(member: Seated, nickname: str) -> RosterLine:
    return RosterLine(member.number, member.weight, member.home_pod, member.left, nickname, member.joined_at)


async def load_balance(deps: Deps, reader: Reader, group: RecordId, change: tuple[int, int] | None = None) -> Balance:
    """How the weight is distributed; with `change` (number, weight), how it would be after that change."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, reader, group)).state
    return await deps.store.remember(("balance", group, change), partial(_load_balance, deps, state, change))


async def _load_balance(deps: Deps, state: GroupState, change: tuple[int, int] | None) -> Balance:
    group = state.group
    async with deps.store.database.read() as session:
        heaviest = await list_heaviest(session, group, MOST_PIECES + 1, state.weights)
        before = await list_seated(session, group, 1, number=change[0]) if change else []
        numbers = {number for number, _ in heaviest} | ({change[0]} if change else set())
        nicknames = await load_nicknames(session, deps, group, numbers)
    weights, count = dict(heaviest), sum(state.weights.values())
    whole = sum(weight * members for weight, members in state.weights.items())
    if change and before:
        old = max(before[0].weight, 0) if not before[0].left else 0
        new = max(change[1], 0)
        weights.pop(change[0], None)
        weights |= {change[0]: new} if new else {}
        count, whole = count - (old > 0) + (new > 0), whole - old + new
    return _balance(weights, count, whole, nicknames)


def _balance(weights: Mapping[int, int], count: int, whole: int, nicknames: Mapping[int, str]) -> Balance:
    order = sorted(weights.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST_PIECES]
    shares = [Fraction(weight, whole) if whole else Fraction() for _, weight in order]
    # In a group small enough for the exact index, this list has every member with weight.
    powers = power([weight for _, weight in order]) if count <= MOST_EXACT else shares
    standings = tuple(
        Standing(number, weight, share, own) for (number, weight), share, own in zip(order, shares, powers, strict=True)
    )
    others = Fraction(1) - sum(shares, Fraction()) if whole else Fraction()
    return Balance(standings, others, count, whole, nicknames)


class MemberPageSight(msgspec.Struct, frozen=True):
    """One member: facts from the chain, the profile, and the newest posts."""

    member: MemberSight
    seated: RosterLine
    votes: int
    identity: str
    posts: tuple[VisibleCard, ...]
    next: LogPlace | None = None


async def describe_roster_member(
    deps: Deps, reader: Reader, group: RecordId, number: int, *, before: LogPlace | None, limit: int
) -> MemberPageSight:
    """One member, with the posts that they wrote in the group; raises NotFoundError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        state = opened.state
        if number not in state.members:
            raise GroupRule.NOT_A_MEMBER_NUMBER.error()
        (member,) = await describe_members(session, deps, opened, [number])
        seated = await list_seated(session, group, 1, number=number)
        votes = await count_votes(session, group, [number], deps.clock() - MONTH_MS)
        posts, following = await list_written(session, deps, reader, opened, number, before=before, limit=limit)
        identity = await _identity_name(session, member)
    return MemberPageSight(
        member,
        _roster_line(seated[0], member.nickname) if seated else _seat_of(state, number),
        votes.get(number, 0),
        identity,
        posts,
        following,
    )


def _seat_of(state: GroupState, number: int) -> RosterLine:
    member = state.members[number]
    return RosterLine(number, member.weight, member.home.pod, member.left, "", state.at)


async def _identity_name(session: AsyncSession, member: MemberSight) -> str:
    if member.identity is None:
        return ""
    lines = await load_lines(session, [member.identity])
    return lines[member.identity].name if member.identity in lines else ""
