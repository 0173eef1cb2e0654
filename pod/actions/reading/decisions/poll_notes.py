"""A poll as other software gets it: what is asked, what can be chosen, until when, and what was decided.

It says nothing that depends on the hour: only on the chain, the log, and what this pod's floor hides.
"""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.phases import PollTimes
from models.decisions.polls import load_poll
from models.groups.groups_and_items import load_group
from pod.actions.access import ReadableGroup
from pod.actions.decisions.poll_course import Phase, PollSoFar, follow_poll
from pod.actions.reading.decisions.poll_words import load_words
from pod.actions.reading.decisions.polls import VisiblePoll, visible_polls
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.ids import RecordId


class PollNote(msgspec.Struct, frozen=True):
    """A poll that the floor doesn't hide. `times`: of the round that is held or was last, None before it is open.

    `chosen`: the options that won, once that is final; None before. `counted`: whether anybody's vote was counted, and
    enough of them. `at`: when its author says it was written; `changed_at`: when the chain last moved it.
    """

    poll: VisiblePoll
    times: PollTimes | None
    chosen: tuple[str, ...] | None
    counted: bool
    at: int
    changed_at: int | None

    @property
    def stated(self) -> str:
        """What of it is told again when it changes: until when one votes, then what was decided."""
        if self.chosen is not None:
            return f"final {' '.join(self.chosen)}"
        return f"until {self.times.voting_end}" if self.times is not None else "unopened"


async def load_poll_note(session: AsyncSession, deps: Deps, readable: ReadableGroup, poll: RecordId) -> PollNote:
    """The note of a poll; raises NotFoundError, also where the floor hides it.

    A voting that isn't counted yet is left to the group's pods: nobody has it counted by asking for this.
    """
    stored, group = await load_poll(session, poll), await load_group(session, readable.id)
    if stored is None or stored.group_id != readable.id or group is None:
        raise PostRule.NO_SUCH_RECORD.error()
    so_far = await follow_poll(session, readable.state, stored, held=group.log_size, counting=False)
    (visible,) = await visible_polls(session, deps, [so_far])
    if visible.withheld:
        raise PostRule.NO_SUCH_RECORD.error()
    options, _ = await load_words(session, deps, so_far, withheld=False)
    course, last = so_far.course, max(so_far.results, default=0)
    return PollNote(
        poll=msgspec.structs.replace(visible, options=tuple(one for one in options if not one.waits)),
        times=visible.times,
        chosen=course.chosen if course is not None and visible.phase is Phase.FINAL else None,
        counted=last > 0 and so_far.results[last].quorum_met,
        at=stored.content.at,
        changed_at=_changed_at(so_far),
    )


def _changed_at(so_far: PollSoFar) -> int | None:
    """The time of the last item after the opening that ended or moved something; None if there is none."""
    if so_far.facts is None or so_far.last is None:
        return None
    later = max([so_far.last.at, *(forward.at for forward in so_far.facts.forwards)])
    return later if later > so_far.facts.opened.at else None
