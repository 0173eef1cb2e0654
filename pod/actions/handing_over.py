"""Handover: a keeper's pod proposes itself as steward, the others sign if an honest keeper would, a quorum decides.

By hand (`hand_over`) with keepers named anew, or by timer (`hand_over_if_due`) with the same ones. A pod signs for
others only while the keepers stay the same members: who keeps is decided by people, not by whoever proposes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.chain import load_group
from models.keeping import load_keeper, save_keeper
from models.pending import list_operations
from models.records import list_pending
from pod.actions.append import append
from pod.actions.chains import load_view
from pod.actions.keeping import memory_of, sound_items, stored_keeper
from pod.actions.outbox import push
from pod.actions.private_groups import unknown_group
from pod.actions.renewing import renew_home
from pod.actions.sealing import acks_to_show, choose_operations
from pod.actions.syncing import pull
from pod.deps import Deps
from pod.errors import NotKeeperError
from protocol.branches import View
from protocol.chain import follow
from protocol.errors import BrokenItemError, MalformedError, NotConfirmedError, RefusedError
from protocol.ids import RecordId
from protocol.keeping import GOOD_LOG, LogFindings, Refusal, check_sign, next_term, proposal_due
from protocol.limits import MAX_CLOCK_LEAD_MS
from protocol.proofs import add_proof, merge_proofs, sign
from protocol.records.chain import Handover, Home
from protocol.records.envelope import Record, open_record
from protocol.records.operation import Operation, Rehome
from protocol.state import GroupState


class Tries:
    """Failed proposals by group and the highest term that a refusal named; forgotten at a restart, which is safe."""

    def __init__(self) -> None:
        self.failed: dict[RecordId, int] = {}
        self.highest: dict[RecordId, int] = {}


async def hand_over(
    deps: Deps, group: RecordId, keepers: Sequence[int] | None = None, *, known_term: int = 0
) -> Record:
    """Propose this pod as steward, gather signatures, and append the handover; raises NotConfirmedError if refused."""
    now = deps.clock()

    async def propose(session: AsyncSession) -> tuple[dict[str, Any], GroupState]:
        return await _propose(session, deps, group, keepers, known_term=known_term, now=now)

    body, parent = await deps.write(propose)
    signed = await _gather(deps, parent, body)
    record = open_record(signed)
    try:
        follow(parent, record)
    except BrokenItemError as error:
        raise NotConfirmedError(f"Too few keepers signed: {error}") from error

    async def settle(session: AsyncSession) -> None:
        await append(session, deps, record, origin="", now=now)
        await push(session, deps, record, now=now)

    await deps.write(settle)
    return record


async def _propose(
    session: AsyncSession, deps: Deps, group: RecordId, keepers: Sequence[int] | None, *, known_term: int, now: int
) -> tuple[dict[str, Any], GroupState]:
    view = await load_view(session, deps, group)
    stored = await load_group(session, group)
    own_key = deps.keyring.pod_key.did
    if stored is None or not any(seat.key == own_key for seat in view.state.seats):
        raise NotKeeperError("Only a keeper's pod proposes a handover.")
    memory = memory_of(await load_keeper(session, group, own_key))
    state = _parent(view, await sound_items(session, view, stored, memory), now=now)
    members = [seat.member for seat in state.seats] if keepers is None else list(keepers)
    if not all(number in state.members for number in members):
        raise MalformedError("A keeper must be a member.")
    at = max(now, state.at)
    term = next_term(max(memory.highest_term, known_term, view.state.term), state)
    memory = check_sign(memory, view, state.head, term, GOOD_LOG, at=at, now=now)
    await save_keeper(session, stored_keeper(group, memory))
    operations = await choose_operations(session, state, at=at)
    homes = _homes(state, members, operations)
    body: dict[str, Any] = {
        "type": "Handover",
        "rules": 1,
        "group": group,
        "parent": state.head,
        "height": state.height + 1,
        "term": term,
        "at": at,
        "operations": [operation.body for operation in operations],
        "log": {"size": state.log.size, "root": state.log.root},
        "steward": msgspec.to_builtins(deps.home),
        "keepers": [{"member": number, "key": homes[number].key} for number in members],
    }
    if acks := await acks_to_show(session, state):
        body["acks"] = acks
    return sign(body, deps.keyring.pod_key, as_list=True), state


def _homes(state: GroupState, members: Sequence[int], operations: Sequence[Record]) -> dict[int, Home]:
    """Where the keepers are at home after the handover's own operations."""
    homes = {number: state.members[number].home for number in members}
    for operation in operations:
        if isinstance(operation.content, Operation) and isinstance(operation.content.wish, Rehome):
            homes[operation.content.author] = operation.content.wish.home
    return homes


def _parent(view: View, sound: list[RecordId], *, now: int) -> GroupState:
    """Where to hand over: back past items that this seat couldn't confirm itself."""
    states = [view.nodes[item].state for item in reversed(sound)]
    return next((state for state in states if state.at <= now + MAX_CLOCK_LEAD_MS), states[-1])


async def _gather(deps: Deps, state: GroupState, body: dict[str, Any]) -> dict[str, Any]:
    seats = {seat.member for seats in (state.seats, *(e.seats for e in state.earlier)) for seat in seats}
    pods = {state.members[member].home.pod for member in seats} - {deps.base_url}

    async def ask(pod: str) -> list[Any]:
        url = f"{pod}/groups/{state.group}/handovers"
        try:
            answer = await deps.http.post(url, msgspec.json.encode(body), content_type="application/json")
            return list(msgspec.json.decode(answer.body, type=dict[str, list[Any]])["proof"])
        except (RemoteError, RefusedError, msgspec.DecodeError, KeyError):
            return []

    proofs = await asyncio.gather(*(ask(pod) for pod in sorted(pods)))
    whole = body["proof"]
    for proof in proofs:
        try:
            open_record({**body, "proof": merge_proofs(whole, proof)})
        except (RefusedError, TypeError):
            continue  # a liar's proof must not spoil the others'
        whole = merge_proofs(whole, proof)
    return {**body, "proof": whole}


async def sign_handover(deps: Deps, group: RecordId, record: Record) -> list[Any]:
    """Sign another keeper's proposal if an honest keeper would: the proofs with ours; raises Refusal otherwise."""
    handover = record.content
    if not isinstance(handover, Handover) or record.group != group:
        raise MalformedError("Only a handover of this group is signed here.")
    async with deps.database.read() as session:
        view = await load_view(session, deps, group)
    if not any(seat.key in record.signers for seat in view.state.seats):
        if view.state.visibility == "private":
            raise unknown_group()
        raise NotKeeperError("A handover is proposed by a keeper's pod.")
    if handover.parent not in view.nodes:
        await pull(deps, handover.steward.pod, group)
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        await _check_and_remember(session, deps, record, handover, now=now)

    await deps.write(action)
    return list(add_proof(record.body, deps.keyring.pod_key)["proof"])


async def _check_and_remember(
    session: AsyncSession, deps: Deps, record: Record, handover: Handover, *, now: int
) -> None:
    group = record.group
    view = await load_view(session, deps, group)
    stored = await load_group(session, group)
    memory = memory_of(await load_keeper(session, group, deps.keyring.pod_key.did))
    node = view.nodes.get(handover.parent)
    if node is None or stored is None or not view.holds(handover.parent):
        raise Refusal("This pod doesn't hold the handover's parent.", memory)
    if not any(seat.key == memory.key for seat in node.state.seats):
        raise NotKeeperError("This pod holds no seat in the group.")
    if {seat.member for seat in handover.keepers} != {seat.member for seat in node.state.seats}:
        raise Refusal("Other keepers are agreed on by people, not signed by a timer.", memory)
    if handover.log != node.state.log:
        raise Refusal("A handover that this pod signs leaves the log as its parent has it.", memory)
    sound = handover.parent in await sound_items(session, view, stored, memory)
    findings = GOOD_LOG if sound else LogFindings(complete=False)
    memory = check_sign(memory, view, handover.parent, handover.term, findings, at=handover.at, now=now)
    await save_keeper(session, stored_keeper(group, memory))


async def hand_over_if_due(deps: Deps, group: RecordId, tries: Tries) -> bool:
    """Take the steward's job when something waited too long and it is this seat's turn; whether it did."""
    await renew_home(deps, group)
    now = deps.clock()
    async with deps.database.read() as session:
        state = (await load_view(session, deps, group)).state
        waiting_since = await _waiting_since(session, group)
    own_key = deps.keyring.pod_key.did
    index = next((place for place, seat in enumerate(state.seats) if seat.key == own_key), None)
    if index is None or state.steward.key == own_key:
        return False
    failed = tries.failed.get(group, 0)
    if not proposal_due(state, index, waiting_since=waiting_since, tries=failed, now=now):
        return False
    try:
        await hand_over(deps, group, known_term=tries.highest.get(group, 0))
    except NotConfirmedError:
        tries.failed[group] = failed + 1
        return False
    tries.failed.pop(group, None)
    return True


async def _waiting_since(session: AsyncSession, group: RecordId) -> int | None:
    operations = await list_operations(session, group, 1)
    records = await list_pending(session, group, 0, 1)
    times = [operation.arrived_at for operation in operations] + [record.accepted_at for record in records]
    return min(times, default=None)
