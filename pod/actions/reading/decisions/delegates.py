"""Who offers to be followed, and what they did with the voices that followed them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.recommendations import Recommendation
from models.decisions.delegates import Followers, count_followers, list_consenting, list_declared, list_offers
from models.decisions.delegations import DECLARED, list_declarations, load_first_declared
from models.decisions.taken_part import load_last_acts
from models.people.accounts import Account
from pod.actions.access import Reader, open_group
from pod.actions.decisions.delegations import check_area
from pod.actions.reading.decisions.delegations import Chosen
from pod.actions.reading.decisions.polls import VisiblePoll
from pod.actions.reading.decisions.track_records import (
    Attendance,
    list_frozen,
    load_attendance,
    recommended,
)
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from pod.rules.delegations import DelegationRule
from protocol.ids import RecordId
from protocol.records.content import Ballot, Delegate, PostTarget

MOST_COMPARED: Final = 100
MOST_RECOMMENDED: Final = 3
MOST_NAMED: Final = 50
MOST_DECLARATIONS: Final = 20


class Declaration(msgspec.Struct, frozen=True):
    """What somebody said of being a delegate, and when, by their clock. `statement` is empty where it is withheld."""

    declared: bool
    statement: str
    areas: tuple[str, ...]
    at: int


class DelegateCard(msgspec.Struct, frozen=True):
    """A delegate in the list. `attendance` is of the latest polls; `active_at`: when they last signed anything."""

    number: int
    nickname: str
    said: Declaration
    followers: tuple[Followers, ...]
    attendance: Attendance
    active_at: int | None


class Advice(msgspec.Struct, frozen=True):
    """How much somebody's scores and the reader's are alike, in per mille, and over how many proposals."""

    number: int
    nickname: str
    alike: int
    proposals: int


class DelegatePage(msgspec.Struct, frozen=True):
    """A page of declared delegates by number; `next` is the `after` of the following one.

    `advice`: of those on the page, and `recommended`: of the first `MOST_COMPARED`; both for the reader alone.
    """

    delegates: tuple[DelegateCard, ...]
    next: int | None
    advice: tuple[Advice, ...] = ()
    recommended: tuple[Advice, ...] = ()


class TrackLine(msgspec.Struct, frozen=True):
    """A poll in a delegate's record; `ballot` is None where they didn't vote. `chosen`: what was decided, if it was.

    `voices`: how many others' came through them; None where that isn't counted yet, or wasn't kept.
    """

    poll: VisiblePoll
    ballot: Ballot | None
    chosen: tuple[str, ...] | None
    voices: int | None = None


class DelegateSight(msgspec.Struct, frozen=True):
    """A delegate, also a former one. `named`: of the members who name them those who let it be shown."""

    number: int
    nickname: str
    declared: bool
    declarations: tuple[Declaration, ...]
    followers: tuple[Followers, ...]
    named: tuple[Chosen, ...]
    attendance: Attendance
    record: tuple[TrackLine, ...]
    next: int | None
    active_at: int | None


async def list_delegates(
    deps: Deps, reader: Reader, group: RecordId, *, area: str, after: int, limit: int
) -> DelegatePage:
    """The group's declared delegates, of an area if one is named; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        if area:
            check_area(readable, area)
    page = await deps.store.remember(
        ("delegates", group, area, after, limit), partial(_cards, deps, reader, group, area, after, limit)
    )
    if not isinstance(reader, Account) or readable.number is None:
        return page
    # It takes a look at some polls' ballots, so one's own advice is kept until anything is written.
    key = ("advised delegates", group, area, after, limit, reader.id)
    return await deps.store.remember(key, partial(_advised, deps, reader, group, page, area))


async def _cards(deps: Deps, reader: Reader, group: RecordId, area: str, after: int, limit: int) -> DelegatePage:
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        numbers = await list_offers(session, group, area, after=after, most=limit + 1)
        shown = numbers[:limit]
        polls, _ = await list_frozen(session, deps, readable, shown)
        attendance = await load_attendance(session, readable, polls, shown)
        said = await _declarations(session, deps, group, shown)
        nicknames = await load_nicknames(session, deps, group, shown)
        followers = await count_followers(session, group, shown, now=deps.clock())
        active = await load_last_acts(session, group, shown)
    cards = [
        DelegateCard(
            number=number,
            nickname=nicknames.get(number, ""),
            said=said[number][0],
            followers=_of(number, followers),
            attendance=attendance[number],
            active_at=active.get(number),
        )
        for number in shown
        if number in said
    ]
    return DelegatePage(tuple(cards), shown[-1] if len(numbers) > limit else None)


def _of(number: int, followers: Collection[Followers]) -> tuple[Followers, ...]:
    found = (one for one in followers if one.delegate == number)
    return tuple(sorted(found, key=lambda one: (one.scope != "group", one.scope)))


async def _declarations(
    session: AsyncSession, deps: Deps, group: RecordId, numbers: Collection[int]
) -> dict[int, list[Declaration]]:
    """By member, what they declared, the newest first; statements that the floor withholds are empty."""
    found: dict[int, list[tuple[RecordId, Delegate]]] = {}
    for one in await list_declarations(session, group, numbers, most=MOST_DECLARATIONS):
        said = one.content
        assert isinstance(said, Delegate)
        assert one.scope == DECLARED
        found.setdefault(said.author, []).append((one.record_id, said))
    tokens = {record: PostTarget(record).token for said in found.values() for record, _ in said}
    hidden = await list_unhosted(session, deps, tokens.values())
    return {
        number: [_declaration(one, withheld=tokens[record] in hidden) for record, one in said]
        for number, said in found.items()
    }


def _declaration(said: Delegate, *, withheld: bool) -> Declaration:
    return Declaration(said.declared, "" if withheld else said.statement, said.areas, said.at)


async def _advised(deps: Deps, reader: Account, group: RecordId, page: DelegatePage, area: str) -> DelegatePage:
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        if readable.number is None:
            return page
        first = await list_offers(session, group, area, after=0, most=MOST_COMPARED)
        here = [card.number for card in page.delegates]
        polls, _ = await list_frozen(session, deps, readable, {*first, *here, readable.number})
        found = recommended(readable.number, polls, {*first, *here}, area)
        nicknames = await load_nicknames(session, deps, group, [one.delegate for one in found])
    best = [one for one in found if one.delegate in first][:MOST_RECOMMENDED]
    return msgspec.structs.replace(
        page,
        advice=_advice([one for one in found if one.delegate in here], nicknames),
        recommended=_advice(best, nicknames),
    )


def _advice(found: Sequence[Recommendation], nicknames: Mapping[int, str]) -> tuple[Advice, ...]:
    return tuple(
        Advice(one.delegate, nicknames.get(one.delegate, ""), round(1000 * one.agreement), one.proposals)
        for one in found
    )


async def describe_delegate(
    deps: Deps, reader: Reader, group: RecordId, number: int, *, below: int | None
) -> DelegateSight:
    """A delegate, or somebody who once was one; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        said = (await _declarations(session, deps, group, [number])).get(number)
        if said is None:
            raise DelegationRule.NEVER_A_DELEGATE.error()
        now = deps.clock()
        consenting = await list_consenting(session, group, number, now=now, after=0, most=MOST_NAMED)
        nicknames = await load_nicknames(session, deps, group, {number, *consenting})
        latest, following = await list_frozen(session, deps, readable, [number])
        polls = latest
        if below is not None:
            polls, following = await list_frozen(session, deps, readable, [number], below=below)
        since = await load_first_declared(session, group, number)
        in_record = [one for one in polls if since is not None and since < one.lock and number in one.able]
        return DelegateSight(
            number=number,
            nickname=nicknames.get(number, ""),
            declared=bool(await list_declared(session, group, [number])),
            declarations=tuple(said),
            followers=_of(number, await count_followers(session, group, [number], now=now)),
            named=tuple(Chosen(one, nicknames.get(one, "")) for one in consenting),
            attendance=(await load_attendance(session, readable, latest, [number]))[number],
            record=tuple(
                TrackLine(one.poll, one.ballots.get(number), one.chosen, one.voices_through(number))
                for one in in_record
            ),
            next=following,
            active_at=(await load_last_acts(session, group, [number])).get(number),
        )
