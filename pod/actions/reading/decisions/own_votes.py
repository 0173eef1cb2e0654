"""Where a member's vote goes in a poll, or went: the tree from them to a ballot, and what their voice adds there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.vote_path import Branch, explain, way_of
from models.decisions.taken_part import OpenedPoll, list_opened
from models.people.accounts import Account, list_memberships
from pod.actions.access import ReadableGroup, open_group, open_those
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.decisions.voters import OFF_ROLL, load_voter
from pod.actions.reading.decisions.ballot_receipts import is_voided
from pod.actions.reading.decisions.poll_words import load_words
from pod.actions.reading.decisions.polls import VisiblePoll, so_far_of, visible_polls
from pod.actions.reading.decisions.standing_lists import load_lists_from
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from pod.errors import UnknownGroupError
from protocol.ids import RecordId
from protocol.records.content import Ballot

_EVER = 2**62
MOST_PREVIEWED = 5  # polls, the latest ones


class VotePathSight(msgspec.Struct, frozen=True):
    """Where a vote goes. `tree` is None before the poll opens, and for who isn't on its roll.

    It is None, too, for who took their votes out of the count (`voided`). `names` and `ballots` are those of members in
    the tree. `locked`: delegates are frozen; `counted`: this is how it was counted, else how things stand in the log
    now. `scope`: whose list of the voter's holds. `cut`: the lists lead further than is looked at.
    """

    poll: VisiblePoll
    number: int | None
    on_roll: bool | None
    voided: bool = False
    tree: Branch | None = None
    names: Mapping[int, str] = {}
    ballots: Mapping[int, Ballot] = {}
    delegates: frozenset[int] = frozenset()
    locked: bool = False
    counted: bool = False
    scope: str = ""
    cut: bool = False

    @property
    def way(self) -> tuple[int, ...]:
        """The members whom the vote goes through; empty without a tree."""
        return way_of(self.tree) if self.tree is not None else ()


class OwnVotes(msgspec.Struct, frozen=True):
    """A page of what somebody may vote on, the latest opened first: (group, its name, the vote)."""

    votes: tuple[tuple[RecordId, str, VotePathSight], ...]
    next: int | None


async def describe_own_vote(deps: Deps, reader: Account, group: RecordId, poll: RecordId) -> VotePathSight:
    """Where the reader's vote goes in a poll; raises UnknownGroupError or NotFoundError."""
    return await _described(deps, reader, group, poll, None)


async def list_previews(
    deps: Deps, reader: Account, group: RecordId, scope: str, delegates: Sequence[int]
) -> list[VotePathSight]:
    """Where the vote would go now in polls that are open, if the reader's list of a scope were this one."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group)
        opened = await list_opened(session, [group], before=_EVER, most=MOST_PREVIEWED)
    sights = [await _described(deps, reader, group, one.poll, (scope, delegates)) for one in opened]
    return [one for one in sights if one.tree is not None and not one.counted and one.scope == scope]


async def _described(
    deps: Deps, reader: Account, group: RecordId, poll: RecordId, instead: tuple[str, Sequence[int]] | None
) -> VotePathSight:
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, poll)
        (visible,) = await visible_polls(session, deps, [so_far])
        options, _ = await load_words(session, deps, so_far, withheld=visible.withheld)
        sight = VotePathSight(msgspec.structs.replace(visible, options=options), readable.number, None)
        if so_far.course is None or readable.number is None:
            return sight
        voter = await load_voter(session, readable.state, so_far, readable.number, now=deps.clock())
        sight = msgspec.structs.replace(sight, on_roll=voter.bar not in OFF_ROLL)
        if is_voided(so_far, readable.number):
            return msgspec.structs.replace(sight, voided=True)
        return await _with_tree(session, deps, readable, so_far, sight, instead) if sight.on_roll else sight


async def _with_tree(
    session: AsyncSession,
    deps: Deps,
    readable: ReadableGroup,
    so_far: PollSoFar,
    sight: VotePathSight,
    instead: tuple[str, Sequence[int]] | None,
) -> VotePathSight:
    voter = readable.number
    assert voter is not None
    found = await load_lists_from(session, readable.state, so_far, voter, instead)
    tree = explain(voter, found.reached, found.reached.paths())
    told = set(_members(tree))
    return msgspec.structs.replace(
        sight,
        tree=tree,
        names=await load_nicknames(session, deps, readable.id, told),
        ballots={number: ballot for number, ballot in found.ballots.items() if number in told},
        delegates=found.reached.delegates & told,
        locked=found.prefixes.locked,
        counted=found.prefixes.counted,
        scope=found.scope,
        cut=found.cut,
    )


def _members(branch: Branch) -> list[int]:
    return [branch.member, *(member for choice in branch.choices for member in _members(choice))]


async def list_own_votes(deps: Deps, reader: Account, *, before: int | None, limit: int) -> OwnVotes:
    """Where the reader's votes went, over all their groups; polls opened before a time (ms)."""
    async with deps.store.database.read() as session:
        memberships = await list_memberships(session, reader.id)
        groups = await open_those(session, deps, reader, [one.group_id for one in memberships])
        mine = {group: readable.name for group, readable in groups.items() if readable.number is not None}
        opened = await list_opened(session, mine, before=_EVER if before is None else before, most=limit + 1)
    opened, following = _page(opened, limit)
    votes = []
    for one in opened:
        try:
            sight = await describe_own_vote(deps, reader, one.group, one.poll)
        except UnknownGroupError:
            continue  # it became one that the reader may not read, meanwhile
        votes.append((one.group, mine[one.group], sight))
    return OwnVotes(tuple(votes), following)


def _page(opened: list[OpenedPoll], limit: int) -> tuple[list[OpenedPoll], int | None]:
    """The first page, and where the next begins: an item may open several polls, which stay on one page."""
    if len(opened) <= limit:
        return opened, None
    shown = [one for one in opened[:limit] if one.at > opened[limit].at] or opened[:limit]
    return shown, shown[-1].at
