"""What the pod's own work would do now for decisions, done once by hand: deadlines, openings, shares, results, mails.

It is the same work, so it does nothing twice, and may run beside processes that serve: each step is one write, which
finds in the database what the others did. What it has to send to other pods waits for a process that serves.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from models.decisions.active_polls import list_active, list_deciding
from models.decisions.deadlines import next_deadline
from models.decisions.hidden_values import list_hidden
from models.decisions.polls import load_poll
from models.groups.groups_and_items import load_group
from models.people.decision_notices import claim_notices
from models.people.digests import claim_digests, settle_digest
from models.people.own_calls import claim_call_mails
from pod.actions.chain.views import load_view
from pod.actions.decisions.poll_calls import call_people
from pod.actions.decisions.poll_course import Phase, follow_poll
from pod.deps import Deps
from pod.errors import BadAddressError, MailError
from pod.jobs.calls import send_calls
from pod.jobs.decision_mails import AT_ONCE, CLAIM_MS, tell_decisions
from pod.jobs.digests import send_digest
from pod.jobs.loops import tend
from protocol.ids import RecordId

# What an item brings can be sealed by the next one: an opening, a share, a result's end. A course has fewer steps.
MOST_PASSES: Final = 12
MOST_POLLS: Final = 10_000


class MovedPoll(msgspec.Struct, frozen=True):
    """A poll that went from one phase to another."""

    poll: RecordId
    before: Phase
    after: Phase


class DueInGroup(msgspec.Struct, frozen=True):
    """What was done in a group. `items`: by how much its chain grew; `opened`: hidden values of people here.

    `owed_by`: the pod that owes the item of a deadline, if it isn't this one.
    """

    group: RecordId
    items: int
    opened: int
    moved: tuple[MovedPoll, ...]
    owed_by: str


class DueDone(msgspec.Struct, frozen=True):
    """What was done: in groups where anything was, and how many mails were sent, or couldn't be."""

    groups: tuple[DueInGroup, ...]
    mails: int
    unsent: int


async def do_what_is_due(deps: Deps) -> DueDone:
    """Do all that is due now in polls that aren't final."""
    async with deps.store.database.read() as session:
        groups = await list_deciding(session)
    done = [await _tend(deps, group) for group in groups]
    told, untold = await _tell(deps)
    sent, unsent = await _send_digests(deps)
    called, uncalled = await _call(deps)
    found = tuple(one for one in done if one.items or one.opened or one.moved or one.owed_by)
    return DueDone(found, told + sent + called, untold + unsent + uncalled)


class _Standing(msgspec.Struct, frozen=True):
    height: int
    hidden: int
    phases: dict[RecordId, Phase]
    owed_by: str


async def _tend(deps: Deps, group: RecordId) -> DueInGroup:
    async with deps.store.database.read() as session:
        polls = [one.id for one in await list_active(session, [group], most=MOST_POLLS)]
    before = now = await _look(deps, group, polls)
    for _ in range(MOST_PASSES):
        await tend(deps, group)
        last, now = now, await _look(deps, group, polls)
        if now == last:
            break
    moved = (MovedPoll(poll, phase, now.phases[poll]) for poll, phase in before.phases.items())
    return DueInGroup(
        group=group,
        items=now.height - before.height,
        opened=before.hidden - now.hidden,
        moved=tuple(one for one in moved if one.before != one.after),
        owed_by=now.owed_by,
    )


async def _look(deps: Deps, group: RecordId, polls: list[RecordId]) -> _Standing:
    async with deps.store.database.read() as session:
        view, stored, now = await load_view(session, deps, group), await load_group(session, group), deps.clock()
        assert stored is not None
        phases: dict[RecordId, Phase] = {}
        hidden = 0
        for poll in polls:
            found = await load_poll(session, poll)
            assert found is not None
            so_far = await follow_poll(session, view.state, found, held=stored.log_size, counting=False)
            phases[poll] = so_far.phase_at(now, settled=view.settled.height)
            hidden += len(await list_hidden(session, poll, group))
        deadline = await next_deadline(session, group, after=view.state.at)
    steward = view.state.steward.pod
    owed = deadline is not None and deadline <= now and steward != deps.identity.base_url
    return _Standing(view.state.height, hidden, phases, steward if owed else "")


async def _tell(deps: Deps) -> tuple[int, int]:
    """Mail what was decided in people's names; how many mails were sent, and how many couldn't be."""
    now, sent, unsent = deps.clock(), 0, 0
    claim = partial(claim_notices, now=now, until=now + CLAIM_MS, most=AT_ONCE)
    while notices := await deps.store.write(claim):
        for notice in notices:
            try:
                sent += await tell_decisions(deps, notice)
            except (BadAddressError, MailError):
                unsent += 1
    return sent, unsent


async def _send_digests(deps: Deps) -> tuple[int, int]:
    """Send the daily mails that are due; how many were sent, and how many couldn't be."""
    now, sent, unsent = deps.clock(), 0, 0
    claim = partial(claim_digests, now=now, until=now + CLAIM_MS, most=AT_ONCE)
    while digests := await deps.store.write(claim):
        for digest in digests:
            try:
                sent += await send_digest(deps, digest, now=now)
                await deps.store.write(partial(settle_digest, claimed=digest, now=now))
            except (BadAddressError, MailError):
                unsent += 1
    return sent, unsent


async def _call(deps: Deps) -> tuple[int, int]:
    """Call people to what needs them, and mail it where it can't wait; how many were sent, and how many couldn't be."""
    now, sent, unsent = deps.clock(), 0, 0
    while await call_people(deps):
        pass
    claim = partial(claim_call_mails, now=now, until=now + CLAIM_MS, most=AT_ONCE)
    while accounts := await deps.store.write(claim):
        for account in accounts:
            try:
                sent += await send_calls(deps, account)
            except (BadAddressError, MailError):
                unsent += 1
    return sent, unsent
