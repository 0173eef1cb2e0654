"""A member's lists of delegates, scope by scope, with what each means now; only the member is shown them as a whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.list_warnings import ListWarning, NamedMember, warnings_of
from models.content.places import FIRST_WAITING
from models.decisions.delegates import list_declared, list_named_members, list_present
from models.decisions.delegations import StoredDelegation, list_lists_of
from models.decisions.openings import load_opening
from models.decisions.polls import load_poll
from models.people.accounts import Account
from pod.actions.access import ReadableGroup, open_group
from pod.actions.decisions.delegations import areas_of
from pod.actions.decisions.roll import is_on_roll
from pod.actions.reading.decisions.polls import VisiblePoll, so_far_of, visible_polls
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from pod.rules.delegations import DelegationRule
from pod.rules.posts import PostRule
from protocol.ids import RecordId, parse_id
from protocol.records.content import UNSIGNED, Delegate, Delegation

MOST_LOOKED_AT: Final = 200  # members whose lists are read to find a loop
MAX_DIGITS: Final = 16
MOST_CALLED: Final = 6  # members of one name
MOST_POLLS: Final = 10  # lists for single polls, the latest ones
POLL: Final = "poll "


class Chosen(msgspec.Struct, frozen=True):
    """Somebody on a list; `nickname` is empty where none is shown."""

    number: int
    nickname: str


class OwnList(msgspec.Struct, frozen=True):
    """The reader's list in a scope. `record` is None where none was ever signed; `index`: its place, if it has one.

    `poll` is the title of a scope's poll, as far as the reader sees it.
    """

    scope: str
    delegates: tuple[Chosen, ...]
    warnings: tuple[ListWarning, ...]
    area: str | None = None
    poll: VisiblePoll | None = None
    expires: int | None = None
    named: bool = False
    record: RecordId | None = None
    index: int | None = None


class OwnDelegations(msgspec.Struct, frozen=True):
    """All of the reader's lists, the group's first, then those of areas, then of polls; `declared`: is a delegate."""

    number: int
    declared: bool
    statement: str
    offered: tuple[str, ...]
    may_delegate: bool
    may_be_delegate: bool
    lists: tuple[OwnList, ...]


async def describe_own_delegations(deps: Deps, reader: Account, group: RecordId) -> OwnDelegations:
    """What the reader said in the group; raises UnknownGroupError, or NotMemberError for who isn't a member."""
    async with deps.store.database.read() as session:
        readable, number = await _member(session, deps, reader, group)
        stored = await list_lists_of(session, group, number)
        offer, lists = Delegate(declared=False, **UNSIGNED), []
        for one in await _of_interest(session, group, stored):
            said = one.content
            if isinstance(said, Delegate):
                offer = said
            else:
                index = one.place if one.place < FIRST_WAITING else None
                lists.append(await _own_list(session, deps, readable, said, one.record_id, index))
    weight, needed = readable.member.weight if readable.member else -1, readable.state.permission
    return OwnDelegations(
        number,
        offer.declared,
        offer.statement,
        offer.areas,
        weight >= needed("delegate"),
        weight >= needed("be_delegate"),
        tuple([await _with_poll(deps, reader, group, one) for one in sorted(lists, key=_order)]),
    )


async def _of_interest(
    session: AsyncSession, group: RecordId, stored: Sequence[StoredDelegation]
) -> list[StoredDelegation]:
    """All but lists for polls that aren't here, and for polls the older ones."""
    latest = sorted((one for one in stored if one.scope.startswith(POLL)), key=lambda one: -one.place)
    of_polls = [one for one in latest[:MOST_POLLS] if await _is_here(session, group, one)]
    return [*(one for one in stored if not one.scope.startswith(POLL)), *of_polls]


async def _is_here(session: AsyncSession, group: RecordId, one: StoredDelegation) -> bool:
    poll = await load_poll(session, parse_id(one.scope.removeprefix(POLL)))
    return poll is not None and poll.group_id == group


def _order(one: OwnList) -> tuple[bool, bool, str]:
    return one.scope.startswith(POLL), one.area is not None, one.scope


async def _with_poll(deps: Deps, reader: Account, group: RecordId, one: OwnList) -> OwnList:
    if not one.scope.startswith(POLL):
        return one
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, parse_id(one.scope.removeprefix(POLL)))
        (poll,) = await visible_polls(session, deps, [so_far])
    return msgspec.structs.replace(one, poll=poll)


async def look_at_list(
    deps: Deps,
    reader: Account,
    group: RecordId,
    said: Delegation,
) -> OwnList:
    """What a list means that nobody has signed yet; raises NotFoundError for a number that nobody ever had."""
    async with deps.store.database.read() as session:
        readable, _ = await _member(session, deps, reader, group)
        unknown = next((number for number in said.delegates if number not in readable.state.members), None)
        if unknown is not None:
            raise DelegationRule.NEVER_A_MEMBER.error(number=unknown)
        return await _own_list(session, deps, readable, said, None, None)


async def find_member(deps: Deps, reader: Account, group: RecordId, who: str) -> int:
    """The number of the member whom somebody named by number or nickname; raises NotFoundError or MalformedError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        if who.isascii() and who.isdecimal() and len(who) < MAX_DIGITS:
            if int(who) not in readable.state.members:
                raise DelegationRule.NEVER_A_MEMBER.error(number=int(who))
            return int(who)
        found = await list_named_members(session, group, who, most=MOST_CALLED)
        shown = await load_nicknames(session, deps, group, found)
    called = sorted(shown)
    if len(called) > 1:
        raise DelegationRule.SEVERAL_CALLED.error(name=who, numbers=", ".join(map(str, called)))
    if not called:
        raise DelegationRule.NO_MEMBER_CALLED.error(name=who)
    return called[0]


async def list_areas(deps: Deps, reader: Account | None, group: RecordId) -> tuple[tuple[str, str], ...]:
    """(area, its name) of the group's subject areas, in the policy's order; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
    names = {str(area["area"]): str(area["name"]) for area in readable.state.policy.areas or ()}
    return tuple((area, names[area]) for area in dict.fromkeys(areas_of(readable)))


async def _member(session: AsyncSession, deps: Deps, reader: Account, group: RecordId) -> tuple[ReadableGroup, int]:
    readable = await open_group(session, deps, reader, group)
    if readable.number is None:
        raise PostRule.ONLY_MEMBERS_WRITE.error()
    return readable, readable.number


async def _own_list(
    session: AsyncSession,
    deps: Deps,
    readable: ReadableGroup,
    said: Delegation,
    record: RecordId | None,
    index: int | None,
) -> OwnList:
    now = deps.clock()
    named = set(said.delegates)
    nicknames = await load_nicknames(session, deps, readable.id, named)
    members = await _named(session, readable, said, named)
    follows = await _reached(session, readable, said, now=now)
    return OwnList(
        scope=said.scope,
        delegates=tuple(Chosen(number, nicknames.get(number, "")) for number in said.delegates),
        warnings=warnings_of(
            readable.number or 0, said.delegates, members, follows, expires=said.expires, now=said.at or now
        ),
        area=said.area,
        expires=said.expires,
        named=said.named,
        record=record,
        index=index,
    )


async def _named(
    session: AsyncSession, readable: ReadableGroup, said: Delegation, numbers: Collection[int]
) -> dict[int, NamedMember]:
    declared = await list_declared(session, readable.id, numbers)
    opening = await load_opening(session, said.poll, readable.id) if said.poll else None
    found = {}
    for number in numbers:
        member = readable.state.members.get(number)
        on_roll = None if opening is None else await is_on_roll(session, opening, readable.id, number)
        weight, left = (member.weight, member.left) if member is not None else (-1, True)
        found[number] = NamedMember(weight, left, number in declared, on_roll)
    return found


async def _reached(
    session: AsyncSession, readable: ReadableGroup, said: Delegation, *, now: int
) -> dict[int, tuple[int, ...]]:
    """The lists of this scope that can be reached from the named members."""
    follows: dict[int, tuple[int, ...]] = {}
    level, seen = set(said.delegates), set(said.delegates)
    while level and len(seen) <= MOST_LOOKED_AT:
        found = await list_present(session, readable.id, said.scope, level, now=now)
        follows |= found
        level = {named for row in found.values() for named in row} - seen
        seen |= level
    return follows
