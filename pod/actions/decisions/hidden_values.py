"""What people here sealed in a poll, their pod opens by itself, once the chain says that its phase has ended."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import Course, PollRound
from models.decisions.hidden_values import HiddenValue, list_hidden, note_opened, put_opens_at
from models.people.accounts import load_account
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.posts.records import write_for
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.content import BETS_KIND, UNSIGNED, Opening
from protocol.records.drafts import draft

PURPOSE: Final = "hidden"
LOT_KIND: Final = "lot"


async def open_values(session: AsyncSession, deps: Deps, so_far: PollSoFar) -> None:
    """Open what people here sealed in a poll, of each person, kind and round the newest value only.

    What can't be opened any more, because its time is over, is left closed.
    """
    course, group = so_far.course, so_far.poll.group_id
    assert course is not None
    newest: dict[tuple[int, str, int], HiddenValue] = {}
    for value in await list_hidden(session, so_far.poll.id, group):
        register = (value.account_id, value.kind, value.round)
        if register in newest:
            await note_opened(session, newest[register].sealed_id, value.sealed_id)
        newest[register] = value
    for value in newest.values():
        if _is_over(course, value):
            await note_opened(session, value.sealed_id, value.sealed_id)
        elif _may_open(course, value):
            await _open(session, deps, group, value)
        elif value.opens_at != (at := opens_at(course.now, value.kind)):
            await put_opens_at(session, value.sealed_id, at)


def opens_at(held: PollRound, kind: str) -> int:
    """The time (ms) from which on an item may have a value of a round opened, unless a phase is ended earlier.

    A poll whose phase is ended earlier is followed then all the same.
    """
    return held.times.bets_end if kind == BETS_KIND else held.times.voting_end


def sealed_up(deps: Deps, record: RecordId, value: object) -> bytes:
    """A value as the database keeps it: encrypted for the record that commits to it."""
    return deps.identity.keyring.seal(msgspec.json.encode(value), f"{PURPOSE}/{record}")


def value_of(deps: Deps, hidden: HiddenValue) -> Any:
    """The value that a sealed record commits to."""
    return msgspec.json.decode(deps.identity.keyring.unseal(hidden.value_sealed, f"{PURPOSE}/{hidden.sealed_id}"))


def _may_open(course: Course, value: HiddenValue) -> bool:
    held = next((one for one in course.rounds if one.number == value.round), None)
    if held is None:
        return False
    return held.bets is not None if value.kind == BETS_KIND else held.voting is not None and course.chosen is None


def _is_over(course: Course, value: HiddenValue) -> bool:
    held = next((one for one in course.rounds if one.number == value.round), None)
    if held is None:
        return course.final is not None
    if value.kind == BETS_KIND:
        return held.openings is not None
    return course.final is not None or (held.voting is not None and course.chosen is not None)


async def _open(session: AsyncSession, deps: Deps, group: RecordId, value: HiddenValue) -> None:
    account = await load_account(session, value.account_id)
    if account is None:
        return
    told = Opening(
        poll=value.poll_id,
        sealed=value.sealed_id,
        value=value_of(deps, value),
        salt=value.salt or None,
        **UNSIGNED,
    )
    try:
        record = await write_for(session, deps, account, group, draft(told))
    except RefusedError:
        return  # the member left or is on the way to another pod; whoever holds the value then opens it
    await note_opened(session, value.sealed_id, record.id)
