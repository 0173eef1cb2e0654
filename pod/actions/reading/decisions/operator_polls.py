"""Polls as the pod's own operator sees them: where each stands, what it waits for, and what it came to.

Words leave a group by the reading door here, too: the operator is told those that everybody may read. Of a private
group there are ids, times and sums.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Final, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.count import Result
from models.decisions.polls import StoredPoll, list_polls, load_poll
from models.groups.groups_and_items import StoredGroup, list_groups, load_group
from pod.actions.access import open_those
from pod.actions.chain.views import load_view
from pod.actions.decisions.poll_course import Phase, PollSoFar, follow_poll
from pod.actions.decisions.roll import load_roll
from pod.actions.reading.decisions.poll_status import status_of
from pod.actions.reading.decisions.poll_words import load_words
from pod.actions.reading.decisions.polls import visible_polls
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.ids import RecordId
from protocol.records.content.polls import PollKind

PAGE: Final = 500
_ANY_PLACE: Final = 2**62
Waits = Literal["opening", "time", "item", "log", "shares", "confirmation", ""]
_WAITS: Final[Mapping[Phase, Waits]] = {
    Phase.UNOPENED: "opening",
    Phase.ENDED: "item",
    Phase.DRAWING: "shares",
    Phase.COUNTED: "confirmation",
    Phase.FINAL: "",
}


class OperatorPoll(msgspec.Struct, frozen=True, kw_only=True):
    """A poll. `title`: empty where not everybody may read it. `until`: when its phase ends (ms), if a time says so.

    `waits_for`: what must come before it goes on: the seal of its opening, a time, the item that ends the voting, the
    log up to there, the shares of a lot, or the keepers' confirmation. `lacks`: entries of the log that aren't here;
    `steward`: the pod that owes items. `chosen`: nobody or one option; None while that isn't known.
    """

    poll: RecordId
    group: RecordId
    kind: PollKind
    title: str
    phase: Phase
    round: int
    until: int | None
    waits_for: Waits
    lacks: int
    steward: str
    chosen: tuple[str, ...] | None


class OperatorPollSight(msgspec.Struct, frozen=True, kw_only=True):
    """The same with what was counted, round by round. `roll`: how many may vote; None before it opens.

    `options`: the titles of its options by their ids, where everybody may read them.
    """

    poll: OperatorPoll
    group_name: str
    opened_at: int | None
    voting_end: int | None
    roll: int | None
    results: tuple[Result, ...]
    options: dict[str, str]


async def list_operator_polls(deps: Deps, group: RecordId | None) -> list[OperatorPoll]:
    """The polls of a group, or of every group that the pod holds, the latest first; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        if group is not None and await load_group(session, group) is None:
            raise GroupRule.UNKNOWN_GROUP.error()
        groups = [group] if group is not None else [one.id async for one in _groups(session)]
        found = []
        for one in groups:
            async for stored in _polls(session, one):
                so_far, held = await _follow(session, deps, stored, counting=False)
                found.append(await _poll(session, deps, so_far, held))
    return found


async def describe_operator_poll(deps: Deps, poll: RecordId) -> OperatorPollSight | None:
    """One poll of any group that the pod holds; None if it has no such poll."""
    async with deps.store.database.read() as session:
        stored = await load_poll(session, poll)
        if stored is None:
            return None
        so_far, held = await _follow(session, deps, stored, counting=True)
        opening, course = so_far.opening, so_far.course
        whole = opening is not None and opening.log_size <= held
        return OperatorPollSight(
            poll=await _poll(session, deps, so_far, held),
            group_name=(await load_view(session, deps, stored.group_id)).state.policy.name,
            opened_at=opening.at if opening else None,
            voting_end=course.now.times.voting_end if course else None,
            roll=len((await load_roll(session, opening, stored.group_id)).numbers) if opening and whole else None,
            results=tuple(result for _, result in sorted(so_far.results.items())),
            options=await _options(session, deps, so_far),
        )


async def _groups(session: AsyncSession) -> AsyncIterator[StoredGroup]:
    after: tuple[str, RecordId] | None = None
    while page := await list_groups(session, PAGE, after=after, kind="group"):
        for one in page:
            yield one
        after = page[-1].name, page[-1].id


async def _polls(session: AsyncSession, group: RecordId) -> AsyncIterator[StoredPoll]:
    below = _ANY_PLACE
    while page := await list_polls(session, group, below=below, most=PAGE):
        for one in page:
            yield one
        below = page[-1].place


async def _follow(session: AsyncSession, deps: Deps, stored: StoredPoll, *, counting: bool) -> tuple[PollSoFar, int]:
    """A poll, and how much of its group's log is here."""
    view, group = await load_view(session, deps, stored.group_id), await load_group(session, stored.group_id)
    assert group is not None
    so_far = await follow_poll(session, view.state, stored, held=group.log_size, counting=counting)
    return so_far, group.log_size


async def _poll(session: AsyncSession, deps: Deps, so_far: PollSoFar, held: int) -> OperatorPoll:
    view, stored, course = await load_view(session, deps, so_far.poll.group_id), so_far.poll, so_far.course
    phase = so_far.phase_at(deps.clock(), settled=view.settled.height)
    lacks = view.state.log.size - held
    waits = _WAITS.get(phase, "time")
    return OperatorPoll(
        poll=stored.id,
        group=stored.group_id,
        kind=stored.content.kind,
        title=await _title(session, deps, so_far),
        phase=phase,
        round=course.now.number if course else 1,
        until=status_of(phase, course.now.times if course else None, None, voted=False, delegated=0).until,
        waits_for="log" if waits == "item" and course is not None and course.lacks else waits,
        lacks=lacks,
        steward=view.state.steward.pod,
        chosen=course.chosen if course else None,
    )


async def _title(session: AsyncSession, deps: Deps, so_far: PollSoFar) -> str:
    if not await open_those(session, deps, None, [so_far.poll.group_id]):
        return ""
    (visible,) = await visible_polls(session, deps, [so_far])
    return visible.title


async def _options(session: AsyncSession, deps: Deps, so_far: PollSoFar) -> dict[str, str]:
    if not await open_those(session, deps, None, [so_far.poll.group_id]):
        return {}
    (visible,) = await visible_polls(session, deps, [so_far])
    options, _ = await load_words(session, deps, so_far, withheld=visible.withheld)
    return {one.id: one.title for one in options if one.title}
