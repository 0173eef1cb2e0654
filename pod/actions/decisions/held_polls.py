"""An open poll as somebody finds it who wants to say something in it, with the checks that all such words pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import Course, PollFacts, PollRound, Stage
from models.decisions.polls import StoredPoll, load_poll
from models.groups.groups_and_items import load_group
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.decisions.poll_course import PollSoFar, follow_poll
from pod.actions.decisions.voters import load_voter, refusal_of
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import Poll
from protocol.state import GroupState

_PHASES: Final = {Stage.PROPOSALS: 0, Stage.PREDICTIONS: 1, Stage.BETS: 2, Stage.VOTING: 3}


@dataclass(frozen=True, slots=True)
class HeldPoll:
    """An open poll at a time (`now`, ms), for the member with this number."""

    state: GroupState
    so_far: PollSoFar
    facts: PollFacts
    course: Course
    number: int
    now: int

    @property
    def stored(self) -> StoredPoll:
        """The poll as it is stored."""
        return self.so_far.poll

    @property
    def poll(self) -> Poll:
        """What the poll's record says."""
        return self.facts.poll

    @property
    def held(self) -> PollRound:
        """The round that is held."""
        return self.course.now

    def check_stage(self, stage: Stage) -> None:
        """Raise unless the poll is in this phase now."""
        if self.course.stage_at(self.now) is stage:
            if not self._is_sealed(stage):
                raise DecisionRule.NOT_SEALED_YET.error()
            return
        times = self.held.times.boundaries
        place = _PHASES[stage]
        if times[place] == times[place + 1]:
            raise DecisionRule.NO_SUCH_PHASE.error()
        raise DecisionRule.NOT_NOW.error(begins=instant(times[place]), ends=instant(times[place + 1]))

    def _is_sealed(self, stage: Stage) -> bool:
        """Whether the items are here that ended the phases before, so that it is known what they brought."""
        held = self.held
        proposals = not held.plan.proposals or held.proposals is not None
        predictions = not held.plan.predictions or held.predictions is not None
        return stage is Stage.PROPOSALS or (proposals and (predictions or stage is not Stage.BETS))

    def check_may(self, capability: str) -> None:
        """Raise unless the member had the weight for this when the poll was opened."""
        if not self.facts.may(capability, self.number):
            raise DecisionRule.MAY_NOT.error(capability=capability)

    async def check_voter(self, session: AsyncSession) -> None:
        """Raise what keeps a ballot of the member from counting."""
        refusal = refusal_of(await load_voter(session, self.state, self.so_far, self.number, now=self.now))
        if refusal is not None:
            raise refusal


async def hold_poll(session: AsyncSession, deps: Deps, account: Account, group: RecordId, poll: RecordId) -> HeldPoll:
    """The open poll for this account's member; raises what keeps the member from saying anything in it."""
    readable = await open_group(session, deps, account, group)
    stored, known = await load_poll(session, poll), await load_group(session, group)
    if stored is None or known is None or stored.group_id != group:
        raise DecisionRule.NO_SUCH_POLL.error()
    so_far = await follow_poll(session, readable.state, stored, held=known.log_size, counting=False)
    if so_far.course is None or so_far.facts is None:
        raise DecisionRule.NOT_OPEN_YET.error()
    if readable.number is None:
        raise DecisionRule.NOT_ON_ROLL.error()
    return HeldPoll(readable.state, so_far, so_far.facts, so_far.course, readable.number, deps.clock())


def instant(at: int) -> str:
    """A time (ms) as refusals name it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
