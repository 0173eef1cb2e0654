"""Whom one member's list leads to in a poll, with their ballots: read from the member on, never the whole group."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.count import InLog, Said
from decisions.delegate_lists import DelegateList, nearest_list, scopes_of
from decisions.delegate_lock import StandingEntries, standing
from decisions.entries import Logged, entries_of
from decisions.round_count import reading_of
from decisions.vote_path import Reached
from models.decisions.delegations import list_delegations
from models.decisions.taken_part import list_ballots_by
from models.groups.groups_and_items import load_group
from pod.actions.decisions.poll_course import PollSoFar, fresh_from
from pod.actions.decisions.roll import is_on_roll
from protocol.records.content import Ballot
from protocol.state import GroupState

MOST_REACHED: Final = 300  # members whose lists are read for one page


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The sizes of the log that count: at the lock of delegates, and at the end, or now while there is no end."""

    lock: int
    end: int
    locked: bool
    counted: bool


@dataclass(slots=True)
class StandingLists:
    """What was read. `scope`: of the voter's list that holds, "" for none; `cut`: more members follow than are read."""

    prefixes: Prefixes
    reached: Reached
    ballots: Mapping[int, Ballot]
    scope: str
    cut: bool


async def load_prefixes(session: AsyncSession, so_far: PollSoFar) -> Prefixes:
    """Of a voting that has ended those of its end, else the log as it is here now."""
    group = await load_group(session, so_far.poll.group_id)
    assert group is not None
    assert so_far.course is not None
    held, size = so_far.course.now, group.log_size
    if held.voting is not None and held.locked is not None and held.voting.size <= size:
        return Prefixes(held.locked.size, held.voting.size, locked=True, counted=True)
    if held.locked is not None and held.locked.size <= size:
        return Prefixes(held.locked.size, size, locked=True, counted=False)
    return Prefixes(size, size, locked=False, counted=False)


async def load_standing(
    session: AsyncSession, state: GroupState, so_far: PollSoFar, prefixes: Prefixes, authors: Collection[int]
) -> StandingEntries[Said]:
    """What counts of these members in the poll: their ballots, their lists by scope, and who of them is a delegate."""
    group, poll, facts = state.group, so_far.poll.id, so_far.facts
    assert so_far.course is not None
    assert facts is not None
    held = so_far.course.now
    said = await list_delegations(session, group, authors, lock=prefixes.lock, end=prefixes.end)
    ballots = await list_ballots_by(session, group, poll, authors)
    logged = [Logged(one.place, one.record_id, one.content) for one in said]
    logged += [Logged(one.place, one.record_id, one.content) for one in ballots]
    reading = reading_of(facts, state, held, await fresh_from(session, group, held))
    return standing(entries_of(reading, logged), prefixes.lock, prefixes.end)


async def load_lists_from(
    session: AsyncSession,
    state: GroupState,
    so_far: PollSoFar,
    voter: int,
    instead: tuple[str, Sequence[int]] | None = None,
) -> StandingLists:
    """Whom the voter's list leads to in an opened poll. `instead`: the voter's list of a scope, as it might become."""
    walk = _ListWalk(session, state, so_far, await load_prefixes(session, so_far), frozenset({voter}), instead)
    await walk.go()
    reached = Reached(tuple(sorted(walk.roll)), walk.lists, frozenset(walk.delegates), frozenset(walk.ballots))
    return StandingLists(walk.prefixes, reached, walk.ballots, walk.scope, walk.cut)


async def list_stranded(
    session: AsyncSession, state: GroupState, so_far: PollSoFar, voters: Collection[int]
) -> set[int]:
    """Those of the voters who name delegates that lead to no ballot in an opened poll, as it stands here.

    At most `MOST_REACHED` more members are read; those beyond pass for people who voted, so nobody is stranded by them.
    """
    walk = _ListWalk(session, state, so_far, await load_prefixes(session, so_far), frozenset(voters), None)
    await walk.go()
    unread = {named for row in walk.lists.values() for named in row} - walk.seen
    roll = sorted(walk.roll | unread)
    reached = Reached(roll, walk.lists, frozenset(walk.delegates | unread), frozenset(walk.ballots) | unread)
    counted = {number for number, reaches in zip(roll, reached.paths().reached, strict=True) if reaches}
    return {number for number in voters if number in walk.lists and number not in counted}


@dataclass(slots=True)
class _ListWalk:
    session: AsyncSession
    state: GroupState
    so_far: PollSoFar
    prefixes: Prefixes
    voters: frozenset[int]
    instead: tuple[str, Sequence[int]] | None
    roll: set[int] = field(default_factory=set)
    delegates: set[int] = field(default_factory=set)
    ballots: dict[int, Ballot] = field(default_factory=dict)
    lists: dict[int, tuple[int, ...]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    scope: str = ""
    cut: bool = False

    async def go(self) -> None:
        level, most = sorted(self.voters), MOST_REACHED + len(self.voters) - 1
        while level:
            self.seen |= set(level)
            await self._look(level)
            able = [one for one in level if one in self.voters or (one in self.roll and one in self.delegates)]
            asked = [one for one in able if one in self.voters or one not in self.ballots]
            level = sorted({named for one in asked for named in self.lists.get(one, ())} - self.seen)
            if len(self.seen) + len(level) > most:
                level, self.cut = level[: most - len(self.seen)], True

    async def _look(self, level: Sequence[int]) -> None:
        held = await load_standing(self.session, self.state, self.so_far, self.prefixes, level)
        self.delegates |= held.delegates
        for number in level:
            if not await self._is_on_roll(number):
                continue
            self.roll.add(number)
            ballot = held.ballots.get(number)
            if isinstance(ballot, InLog):
                self.ballots[number] = ballot.ballot
            row = self._list_of(number, held.delegations.get(number, {}))
            if row:
                self.lists[number] = row

    async def _is_on_roll(self, number: int) -> bool:
        opening = self.so_far.opening
        assert opening is not None
        return await is_on_roll(self.session, opening, self.state.group, number)

    def _list_of(self, number: int, by_scope: Mapping[str, Said]) -> tuple[int, ...]:
        said = {scope: one for scope, one in by_scope.items() if isinstance(one, DelegateList)}
        assert self.so_far.course is not None
        scopes, end = poll_scopes(self.so_far), self.so_far.course.now.times.voting_end
        if number in self.voters:
            if self.instead is not None and not (self.prefixes.locked and number in self.delegates):
                said[self.instead[0]] = DelegateList(tuple(self.instead[1]), end)
            self.scope = next((scope for scope in scopes if scope in said and not said[scope].has_lapsed(end)), "")
        return nearest_list(said, scopes, end)


def poll_scopes(so_far: PollSoFar) -> tuple[str, ...]:
    """The scopes of an opened poll, nearest first."""
    assert so_far.opening is not None
    assert so_far.course is not None
    return scopes_of(so_far.poll.id, so_far.course.now.areas, so_far.opening.terms.parents)
