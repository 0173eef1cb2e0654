"""How many others' votes a delegate's ballot would carry in an open poll, as lists and ballots stand here now."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.count import InLog, PollQuestion, Said, count
from decisions.delegate_lists import LAPSES_AFTER_MS
from decisions.delegate_lock import EntryKind, PollEntry
from decisions.entries import Logged, PollReading, entries_of
from decisions.mandates import roots
from decisions.rolls import Roll
from models.content.places import FIRST_WAITING
from models.decisions.activity import first_item_from, load_log_size
from models.decisions.polls import list_ballots, list_delegations
from pod.actions.decisions.counted import Course
from pod.actions.decisions.roll import load_roll
from pod.budgets.heavy import computed
from protocol.records.content import UNSIGNED, Ballot
from protocol.state import GroupState


async def count_followers(session: AsyncSession, state: GroupState, course: Course, number: int) -> int:
    """How many votes would follow this member's ballot; costs as much as a count, so only delegates ask for it."""
    opening, times, group = course.opening, course.times, course.poll.group_id
    assert opening is not None
    assert times is not None
    content = course.poll.content
    parents = msgspec.json.decode(opening.parents, type=dict[str, str])
    question = PollQuestion(course.poll.id, content, content.option_ids, content.areas, parents, times.voting_end)
    first = await first_item_from(session, group, times.voting_end - LAPSES_AFTER_MS + 1)
    fresh = await load_log_size(session, group, first.height - 1) if first else 0
    reading = PollReading(
        content, question.options, opening.height, state, lambda index: times.voting_end if index >= fresh else 0
    )
    logged = [
        Logged(one.place, one.record_id, one.content)
        for one in await list_ballots(session, course.poll.id, group, below=FIRST_WAITING)
    ]
    logged += [
        Logged(one.place, one.record_id, one.content)
        for one in await list_delegations(session, group, below=FIRST_WAITING)
    ]
    entries = entries_of(reading, logged)
    roll = await load_roll(session, opening, group)
    lock = course.locked.log_size if course.locked else FIRST_WAITING
    return await computed(len(entries), _followers, question, roll, entries, number, lock)


def _followers(question: PollQuestion, roll: Roll, entries: Sequence[PollEntry[Said]], number: int, lock: int) -> int:
    """How many paths end at this member's ballot but their own; if they cast none, as if they had."""
    numbers = roll.numbers.tolist()
    if number not in numbers:
        return 0
    ballot = InLog(0, Ballot(poll=question.id, blank=True, **UNSIGNED))
    with_own: list[PollEntry[Said]] = [*entries, PollEntry(0, number, EntryKind.BALLOT, "", (2**53, 0, ""), ballot)]
    found = count(question, roll, with_own, lock=lock, end=FIRST_WAITING)
    return int((roots(found.paths) == numbers.index(number)).sum()) - 1
