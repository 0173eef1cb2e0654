"""What stands at the head of every page of a group, at a cost that doesn't grow with the group."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Membership, load_membership
from pod.actions.access import Reader, open_group
from pod.actions.decisions.capabilities import may_ask
from pod.deps import Deps
from pod.rules.groups import GroupRule
from pod.rules.posts import PostRule
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.state import GroupState


class GroupSummary(msgspec.Struct, frozen=True):
    """A group in short. `member`: the reader's number there; `weight`: of the reader's votes (thousandths).

    `closed`: it continues elsewhere, and takes nothing new but votes. `asks`: the reader may start polls.
    """

    group: RecordId
    name: str
    visibility: str
    kind: str
    default_score: int
    others_weight: int
    member: int | None = None
    weight: int = 0
    closed: bool = False
    asks: bool = False

    @property
    def votes(self) -> bool:
        """Whether the reader may vote here."""
        return self.member is not None and self.weight >= 0

    @property
    def writes(self) -> bool:
        """Whether the reader may write here."""
        return self.votes and not self.closed

    def no_writer(self) -> RefusedError:
        """Why a reader who may not write here may not."""
        return GroupRule.CLOSED.error() if self.closed else PostRule.ONLY_MEMBERS_WRITE.error()


async def load_summary(session: AsyncSession, deps: Deps, reader: Reader, group: RecordId) -> GroupSummary:
    """The group in short for a reader; raises UnknownGroupError."""
    opened = await open_group(session, deps, reader, group)
    state, number = opened.state, _number_in(opened.state, opened.membership)
    weight = state.members[number].weight if number is not None else None
    return GroupSummary(
        group,
        state.policy.name,
        state.visibility,
        state.kind,
        state.default_score,
        state.others_weight,
        number,
        weight or 0,
        state.succeeded_by is not None,
        may_ask(state, weight),
    )


async def describe_summary(deps: Deps, reader: Reader, group: RecordId) -> GroupSummary:
    """The same, with a session of its own."""
    async with deps.store.database.read() as session:
        return await load_summary(session, deps, reader, group)


async def load_number(session: AsyncSession, reader: Reader, state: GroupState) -> int | None:
    """The reader's number in the group; None if the reader isn't a member or has left."""
    return _number_in(state, await load_membership(session, reader.id, state.group) if reader else None)


def _number_in(state: GroupState, membership: Membership | None) -> int | None:
    if membership is None or membership.number is None:
        return None
    member = state.members.get(membership.number)
    return member.number if member and not member.left else None
