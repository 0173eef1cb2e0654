"""What members said in polls calls others, or ends that they themselves are called: noted with their records.

Those whose lists name a delegate are called when that delegate has voted, or is a delegate no more: one row for all of
them. Who has voted is called to it no more, at once; whoever of this pod said something else is looked at again soon.
`pod/actions/decisions/poll_calls.py` looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_accounts_of
from models.content.projections import Accepted
from models.decisions.delegates import list_followed
from models.decisions.poll_calls import RENEWED, PollCall, put_poll_calls
from models.people.own_calls import RESIGNED, VOTED, delete_votes
from protocol.ids import RecordId
from protocol.records.content import Ballot, Delegate, Delegation, Evaluation, Sealed

DAY_MS: Final = 86_400_000
TOLD_FOR_MS: Final = 2 * DAY_MS
_RENEWING: Final = Delegation | Evaluation | Sealed


async def note_acts(session: AsyncSession, accepted: Sequence[Accepted], *, now: int) -> None:
    """Note what these records mean for who is called to what."""
    acts = [one for one in accepted if isinstance(one.content, Ballot | Delegate | _RENEWING)]
    for group in sorted({one.group for one in acts}):
        here = [one for one in acts if one.group == group]
        await _note_own(session, group, here, now)
        await _note_delegates(session, group, here, now)


async def _note_own(session: AsyncSession, group: RecordId, acts: Sequence[Accepted], now: int) -> None:
    accounts = await list_accounts_of(session, group, {_author(one) for one in acts})
    voted: dict[tuple[RecordId, int], set[int]] = {}
    renewed: list[PollCall] = []
    for one in acts:
        said, author = one.content, _author(one)
        if author not in accounts:
            continue
        if isinstance(said, Ballot) and not said.withdraw:
            voted.setdefault((said.poll, said.round), set()).add(accounts[author])
        elif isinstance(said, Ballot | _RENEWING):
            renewed.append(PollCall(group, one.id, RENEWED, 0, author, now + DAY_MS, None, now))
    for (poll, number), people in voted.items():
        await delete_votes(session, group, poll, number, people)
    await put_poll_calls(session, renewed)


async def _note_delegates(session: AsyncSession, group: RecordId, acts: Sequence[Accepted], now: int) -> None:
    told = [one for one in acts if _tells_followers(one, now)]
    followed = await list_followed(session, group, {_author(one) for one in told}, now=now) if told else set()
    await put_poll_calls(session, [_told(one, now) for one in told if _author(one) in followed])


def _author(record: Accepted) -> int:
    said = record.content
    assert isinstance(said, Ballot | Delegate | _RENEWING)
    return said.author


def _tells_followers(record: Accepted, now: int) -> bool:
    said = record.content
    if isinstance(said, Ballot):
        return not said.withdraw and said.at > now - DAY_MS
    return isinstance(said, Delegate) and not said.declared and said.at > now - DAY_MS


def _told(record: Accepted, now: int) -> PollCall:
    said, until = record.content, now + TOLD_FOR_MS
    if isinstance(said, Ballot):
        return PollCall(record.group, said.poll, VOTED, said.round, said.author, until, now, now)
    return PollCall(record.group, record.id, RESIGNED, 0, _author(record), until, now, now)
