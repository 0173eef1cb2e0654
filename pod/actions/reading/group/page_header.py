"""What stands above every page of a group, at a cost that doesn't grow with its members or its history.

State, faults and how many members live where come from the view that is held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.member_lists import load_host_health
from models.groups.groups_and_items import load_group, load_held, load_item
from models.groups.seats_and_acks import list_disputes, list_withheld
from models.people.accounts import Membership, load_membership
from models.people.subscriptions import Following, load_following
from pod.actions.access import Reader, open_group
from pod.actions.chain.unconfirmed import Doubt, list_doubts
from pod.actions.reading.group.groups import DisputeLine, FaultLine, WithheldLine
from pod.actions.reading.group.proposals import OpenProposals, count_open
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.branches import View
from protocol.ids import RecordId
from protocol.state import GroupState

MOST_NOTED: Final = 20
MOST_PODS: Final = 12


class PodHealth(msgspec.Struct, frozen=True):
    """A pod of the group: how many members live there; `silent`: it hasn't answered this pod lately."""

    pod: str
    members: int
    here: bool
    silent: bool


class HeaderSight(msgspec.Struct, frozen=True):
    """A group in short, and the reader's relation to it. Weights in thousandths, `default_score` in micro units.

    `forward`: the group that continues this one; only its members see it. `proposals`: how many proposed changes
    wait for the reader's signature, or for others'.
    """

    state: GroupState
    settled_height: int
    founded_at: int
    members: int
    pods: tuple[PodHealth, ...]
    pods_more: int
    log_held: int
    disputed: bool
    withheld: tuple[WithheldLine, ...]
    faults: tuple[FaultLine, ...]
    disputes: tuple[DisputeLine, ...]
    doubts: tuple[Doubt, ...]
    membership: Membership | None = None
    following: Following | None = None
    forward: RecordId | None = None
    proposals: OpenProposals = OpenProposals()

    @property
    def group(self) -> RecordId:
        """The group's id."""
        return self.state.group

    @property
    def number(self) -> int | None:
        """The reader's number as a member; None if the reader isn't one."""
        return self.membership.number if self.membership else None

    @property
    def name(self) -> str:
        """The group's name."""
        return self.state.policy.name

    @property
    def weight(self) -> int | None:
        """The reader's weight as a member; None if the reader isn't one."""
        number = self.membership.number if self.membership else None
        member = self.state.members.get(number) if number is not None else None
        return member.weight if member and not member.left else None


async def load_header(deps: Deps, reader: Reader, group: RecordId) -> HeaderSight:
    """The header of a group for a reader; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        view, proposals = opened.view, await count_open(session, deps, opened)
        membership = await load_membership(session, reader.id, group) if reader else None
        following = await load_following(session, reader.id, group) if reader else None
        heir = view.state.succeeded_by
        invited = await load_membership(session, reader.id, heir) if reader and heir else None
    seen = await deps.store.remember(("header", group, view.head), partial(_load_for_all, deps, view))
    forward = heir if invited else None
    return msgspec.structs.replace(
        seen, membership=membership, following=following, forward=forward, proposals=proposals
    )


async def _load_for_all(deps: Deps, view: View) -> HeaderSight:
    """The part of the header that is the same for every reader."""
    group = view.state.group
    async with deps.store.database.read() as session:
        held = await load_held(session, group)
        if held is None:
            raise GroupRule.UNKNOWN_GROUP.error()
        by_pod = _by_pod(view.state)
        founded_at = await _founded_at(session, deps, group)
        doubts = await _doubts(session, deps, view) if view.head != view.anchor else ()
        withheld = await list_withheld(session, group, MOST_NOTED)
        disputes = await list_disputes(session, group, MOST_NOTED)
        pods = await _health(session, deps, by_pod[:MOST_PODS])
    return HeaderSight(
        state=view.state,
        settled_height=view.settled.height,
        founded_at=founded_at,
        members=sum(members for _, members in by_pod),
        pods=pods,
        pods_more=len(by_pod) - len(pods),
        log_held=held[1],
        disputed=view.disputed,
        withheld=tuple(WithheldLine(entry.record_id, entry.since_at) for entry in withheld),
        faults=_faults(view),
        disputes=tuple(DisputeLine(dispute.pod, dispute.ours, dispute.theirs) for dispute in disputes),
        doubts=doubts,
    )


def _faults(view: View) -> tuple[FaultLine, ...]:
    return tuple(FaultLine(fault.kind, fault.first, fault.second) for fault in view.faults[:MOST_NOTED])


async def _doubts(session: AsyncSession, deps: Deps, view: View) -> tuple[Doubt, ...]:
    stored = await load_group(session, view.state.group)
    return await list_doubts(session, deps, view, stored) if stored else ()


async def _founded_at(session: AsyncSession, deps: Deps, group: RecordId) -> int:
    if (known := deps.memory.founded.get(group)) is not None:
        return known
    root = await load_item(session, group)
    return deps.memory.keep_founded(group, root.at if root else 0)


def _by_pod(state: GroupState) -> list[tuple[str, int]]:
    """(pod, number of members there who count), the pod with most members first."""
    counted = Counter[str]()
    for home, members in state.homes.items():
        counted[home.pod] += members
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


async def _health(session: AsyncSession, deps: Deps, shown: Sequence[tuple[str, int]]) -> tuple[PodHealth, ...]:
    others = [_host(pod) for pod, _ in shown if pod != deps.identity.base_url]
    told = await load_host_health(session, others) if others else {}
    own = deps.identity.base_url
    return tuple(PodHealth(pod, members, pod == own, told.get(_host(pod), (0, None))[0] > 0) for pod, members in shown)


def _host(pod: str) -> str:
    return pod.partition("://")[2].lower()
