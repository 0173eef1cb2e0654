"""Members say whom their vote follows, and whether others may follow theirs."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.delegates import list_declared
from models.decisions.delegations import was_delegate
from models.decisions.polls import load_poll
from models.groups.groups_and_items import load_group
from pod.actions.access import ReadableGroup, open_group
from pod.actions.decisions.poll_course import follow_poll
from pod.actions.decisions.roll import is_on_roll
from pod.actions.posts.records import write_record
from pod.actions.signer import Person
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from pod.rules.delegations import DelegationRule
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_DELEGATES
from protocol.records.content import Delegate, Delegation
from protocol.records.drafts import Draft
from protocol.records.envelope import Record


async def declare(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Write that the signer is a delegate, or isn't any more; raises MayNotWriteError or MalformedError."""
    readable = await open_group(session, deps, signer.account, group)
    was_declared = readable.number is not None and await list_declared(session, group, [readable.number])
    record = await write_record(session, deps, signer, group, said)
    delegate = record.content
    assert isinstance(delegate, Delegate)
    if delegate.declared:
        needed = readable.state.permission("be_delegate")
        if _weight(readable) < needed:
            raise DelegationRule.TOO_LIGHT_TO_BE_DELEGATE.error(weight=needed)
        for area in delegate.areas:
            check_area(readable, area)
    elif not was_declared:
        raise DelegationRule.NO_DELEGATE.error()
    return record


async def delegate(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Write whom the signer's vote follows in a scope; raises MayNotWriteError, MalformedError or NotFoundError."""
    named = said.members.get("delegates")
    if isinstance(named, list | tuple) and len(named) > MAX_DELEGATES:
        raise DelegationRule.TOO_LONG_A_LIST.error(most=MAX_DELEGATES)
    readable = await open_group(session, deps, signer.account, group)
    record = await write_record(session, deps, signer, group, said)
    delegation = record.content
    assert isinstance(delegation, Delegation)
    needed = readable.state.permission("delegate")
    if _weight(readable) < needed:
        raise DelegationRule.TOO_LIGHT_TO_DELEGATE.error(weight=needed)
    unknown = next((number for number in delegation.delegates if number not in readable.state.members), None)
    if unknown is not None:
        raise DelegationRule.NEVER_A_MEMBER.error(number=unknown)
    if delegation.expires is not None and delegation.expires <= deps.clock():
        raise DelegationRule.ENDS_IN_THE_PAST.error()
    if delegation.poll is not None:
        await _check_poll(session, readable, parse_id(delegation.poll))
    elif delegation.area is not None and delegation.delegates:
        check_area(readable, delegation.area)
    return record


def check_area(readable: ReadableGroup, area: str) -> None:
    """Raise NotFoundError unless the group's policy has this subject area."""
    if area not in areas_of(readable):
        raise DelegationRule.NO_AREA_CALLED.error(area=area)


def areas_of(readable: ReadableGroup) -> tuple[str, ...]:
    """The subject areas of the group's policy, in its order."""
    return tuple(str(area["area"]) for area in readable.state.policy.areas or ())


def _weight(readable: ReadableGroup) -> int:
    return readable.member.weight if readable.member is not None else -1


async def _check_poll(session: AsyncSession, readable: ReadableGroup, poll: RecordId) -> None:
    """Raise the reason why a list for one poll would change nothing in it."""
    stored, group = await load_poll(session, poll), await load_group(session, readable.id)
    if stored is None or stored.group_id != readable.id or group is None:
        raise DecisionRule.NO_SUCH_POLL.error()
    so_far = await follow_poll(session, readable.state, stored, held=group.log_size, counting=False)
    if so_far.opening is None or so_far.course is None or readable.number is None:
        return
    if so_far.course.now.voting is not None:
        raise DelegationRule.VOTING_OVER.error()
    if not await is_on_roll(session, so_far.opening, readable.id, readable.number):
        raise DelegationRule.LIST_OFF_ROLL.error()
    locked = so_far.course.now.locked
    if locked is not None and await was_delegate(session, readable.id, readable.number, below=locked.size):
        raise DelegationRule.LIST_FROZEN.error()
