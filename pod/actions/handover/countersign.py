"""A keeper's pod asks for our seat's signature: it gets it if an honest keeper would sign, else a helpful refusal.

1. The signatures of the proposal are stored first, because they may free this seat to sign (ADR 0020).
2. If something is missing here (acks, the parent, its log), it is pulled once from the proposer. Then a refusal is
   final.
3. The keepers must stay the same members, because people choose them, and not the pod that proposes.

Spec: protocol.md section 3, "What an honest keeper's pod does".
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.groups.groups_and_items import load_group
from models.groups.seats_and_acks import load_keeper, save_keeper
from pod.actions.chain.branch_logs import items_beside
from pod.actions.chain.links import take_offer
from pod.actions.chain.seat_memory import findings_of, memory_of, stored_keeper
from pod.actions.chain.views import load_view
from pod.actions.private_groups import unknown_group
from pod.actions.signer import PodItself, cosigned
from pod.actions.sync.pull import pull
from pod.actions.sync.pull_branch import pull_branch
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.branches import View
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keeping import SeatRefusedError, check_sign
from protocol.keys import DidKey
from protocol.records.chain import Handover
from protocol.records.envelope import Record
from protocol.rules.seats import SeatRule
from protocol.state import GroupState


async def sign_handover(deps: Deps, group: RecordId, record: Record) -> list[Any]:
    """Return the proofs with ours added, if an honest keeper would sign this proposal; raises SeatRefusedError."""
    handover = record.content
    if not isinstance(handover, Handover) or record.group != group:
        raise ChainRule.NO_HANDOVER_HERE.error()
    async with deps.store.database.read() as session:
        view = await load_view(session, deps, group)
    if keys_of(state_for(view, handover)).isdisjoint(record.signers):
        if view.state.visibility == "private":
            raise unknown_group()
        raise ChainRule.NOT_BY_KEEPERS_POD.error()
    try:
        await _check_and_remember(deps, record, handover)
    except SeatRefusedError:
        if not await _learn(deps, view, handover):
            raise
        await _check_and_remember(deps, record, handover)
    return list(cosigned(PodItself(), record.body, deps.identity.keyring.pod_key, now=deps.clock())["proof"])


def keys_of(state: GroupState) -> set[DidKey]:
    """The keys of the seats of which a quorum must sign a handover on `state`."""
    return {seat.key for seat in state.asked_seats}


def state_for(view: View, handover: Handover) -> GroupState:
    """The state after the handover's parent; the head's state if the parent isn't known here."""
    node = view.nodes.get(handover.parent)
    return node.state if node else view.state


async def _learn(deps: Deps, view: View, handover: Handover) -> bool:
    """Pull from the proposer what may be missing here; False if the proposer's pod can't be asked."""
    pod, group = handover.steward.pod, view.state.group
    if pod not in view.state.pods or pod == deps.identity.base_url:
        return False
    with suppress(RemoteError, RefusedError):
        await pull(deps, pod, group)
        async with deps.store.database.read() as session:
            known = await load_view(session, deps, group)
        if handover.parent in known.nodes and items_beside(known, handover.parent):
            await pull_branch(deps, pod, group, handover.parent)
    return True


async def _check_and_remember(deps: Deps, record: Record, handover: Handover) -> None:
    now = deps.clock()

    async def note(session: AsyncSession) -> None:
        take_offer(session, deps, await load_view(session, deps, record.group), record)

    async def remember(session: AsyncSession) -> None:
        await _check(session, deps, record, handover, now=now)

    # In two actions, because a refusal in the second undoes everything that its action stored.
    await deps.store.write(note)
    await deps.store.write(remember)


async def _check(session: AsyncSession, deps: Deps, record: Record, handover: Handover, *, now: int) -> None:
    group = record.group
    view = await load_view(session, deps, group)
    stored = await load_group(session, group)
    memory = memory_of(await load_keeper(session, group, deps.identity.keyring.pod_key.did, lock=True))
    node = view.nodes.get(handover.parent)
    if node is None or stored is None:
        raise SeatRefusedError(SeatRule.HANDOVER_PARENT_UNKNOWN, memory)
    if memory.key not in keys_of(node.state):
        raise ChainRule.NO_SEAT_HERE.error()
    if {seat.member for seat in handover.keepers} != {seat.member for seat in node.state.seats}:
        raise SeatRefusedError(SeatRule.OTHER_KEEPERS, memory)
    if handover.log != node.state.log:
        raise SeatRefusedError(SeatRule.LOG_CHANGED, memory)
    findings = await findings_of(session, view, stored, memory, handover.parent)
    memory = check_sign(memory, view, handover.parent, handover.term, findings, at=handover.at, now=now)
    await save_keeper(session, stored_keeper(group, memory))
