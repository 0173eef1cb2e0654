"""A group's past polls of a subject area, with what was bet in them and what came true: loaded once for each item.

What comes of them (predictor scores, combined bets) is computed in a thread and held as long as the head stays. The
caller has opened the group: nothing here depends on who reads, and no words are here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.evaluation import LoggedEvaluation, Outcome, outcomes
from decisions.predictor_scores import AreaScores, PastPoll, PastStatement, replay
from models.decisions.opened_bets import (
    DueWindow,
    OpenedBets,
    count_kept,
    list_due_windows,
    list_evaluations,
    list_opened_bets,
)
from models.decisions.openings import load_opening
from models.groups.groups_and_items import load_group
from pod.actions.access import ReadableGroup
from pod.budgets.heavy import computed
from pod.deps import Deps
from protocol.ids import RecordId

WHOLE_GROUP = ""  # the area of polls that are in none


@dataclass(frozen=True, slots=True, eq=False)
class GroupPast:
    """All that was bet in a group, and what was found. `held`: the size of the log here; `key`: what it was read from.

    `due`: by statement, the window of its evaluation.
    """

    key: Hashable
    held: int
    opened: tuple[OpenedBets, ...]
    due: dict[RecordId, DueWindow]
    found: dict[RecordId, tuple[Outcome, ...]]

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas in which somebody bet."""
        return tuple(sorted({area for one in self.opened for area in areas_of(one)}))

    def bettors(self, statement: RecordId, poll: RecordId) -> set[int]:
        """Who bet on a statement, in whichever round."""
        return {member for one in self.opened if one.poll_id == poll for member in one.bets.get(statement, ())}

    def polls(self, area: str) -> tuple[PastPoll, ...]:
        """The polls of an area; what counts for scores was said in their first round, when nobody knew others' bets."""
        return tuple(
            PastPoll(
                one.poll_id,
                one.log_size,
                tuple(PastStatement(own_id, bets, self.found.get(own_id, ())) for own_id, bets in one.bets.items()),
            )
            for one in self.opened
            if one.round == 1 and area in areas_of(one)
        )


@dataclass(frozen=True, slots=True, eq=False)
class AreaPast:
    """The past of an area, and the scores that it gives now."""

    area: str
    polls: tuple[PastPoll, ...]
    scores: AreaScores


def areas_of(opened: OpenedBets) -> tuple[str, ...]:
    """The areas to which a poll's bets belong."""
    return opened.areas or (WHOLE_GROUP,)


async def load_past(session: AsyncSession, deps: Deps, readable: ReadableGroup) -> GroupPast:
    """What was bet and found in a group, as its head tells it."""
    stored = await load_group(session, readable.id)
    held = stored.log_size if stored is not None else 0
    # What an item ends is kept a moment after the item came.
    key = (readable.id, readable.state.head, held, *await count_kept(session, readable.id))
    return await deps.memory.polls.pasts.once(key, partial(_read, session, key, readable.id, held))


async def load_area(session: AsyncSession, deps: Deps, readable: ReadableGroup, area: str) -> AreaPast:
    """The past of an area and its scores."""
    past = await load_past(session, deps, readable)
    return await deps.memory.polls.pasts.once((past.key, area), partial(_area, past, area))


async def _area(past: GroupPast, area: str) -> AreaPast:
    polls = past.polls(area)
    return AreaPast(area, polls, await computed(_bets_in(polls), replay, polls, past.held))


async def _read(session: AsyncSession, key: Hashable, group: RecordId, held: int) -> GroupPast:
    opened = tuple(await list_opened_bets(session, group))
    due = {one.statement_id: one for one in await list_due_windows(session, group)}
    said = defaultdict[RecordId, list[LoggedEvaluation]](list)
    polls = {one.poll_id for one in due.values()}
    for record, place, one in await list_evaluations(session, group, sorted(polls), below=held):
        said[RecordId(one.prediction)].append(
            LoggedEvaluation(record, one.author, one.key, one.counter, place, one.happened)
        )
    past, found = GroupPast(key, held, opened, due, {}), dict[RecordId, tuple[Outcome, ...]]()
    for poll in sorted({window.poll_id for statement, window in due.items() if statement in said}):
        words = {statement: said[statement] for statement, window in due.items() if window.poll_id == poll}
        able = await _able(session, poll, group, (one.author for each in words.values() for one in each))
        for statement, each in words.items():
            bettors = past.bettors(statement, poll)
            found[statement] = outcomes(each, evaluators=able, bettors=bettors, window=due[statement].window)
    return GroupPast(key, held, opened, due, found)


async def _able(session: AsyncSession, poll: RecordId, group: RecordId, authors: Iterable[int]) -> set[int]:
    """Those who had the weight to evaluate when the poll was opened."""
    opening = await load_opening(session, poll, group)
    if opening is None:
        return set()
    electors, least = opening.electors, opening.terms.least["evaluate"]
    return {one for one in authors if electors.may(one, least)}


def _bets_in(polls: Sequence[PastPoll]) -> int:
    return sum(len(one.bets) for poll in polls for one in poll.statements)
