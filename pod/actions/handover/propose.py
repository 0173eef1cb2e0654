"""Handover: a keeper's pod proposes itself as steward, the others sign if an honest keeper would, a quorum decides.

By hand (`hand_over`) with keepers named anew, or by timer (`hand_over_if_due`) with the same ones. A keeper that
refused is asked once more, with the signatures of the others, which may free it to sign (ADR 0020). A refusal names the
refuser's highest term, and the next try is above it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.documents import read_json
from federation.errors import RemoteError
from models.groups.groups_and_items import load_group
from models.groups.proposals import Tries, load_tries, save_tries
from models.groups.seats_and_acks import load_keeper, save_keeper
from pod.actions.chain.door import append
from pod.actions.chain.sealing import acks_to_show, choose_operations
from pod.actions.chain.seat_memory import findings_of, findings_on_branch, load_waiting_since, memory_of, stored_keeper
from pod.actions.chain.views import load_view
from pod.actions.handover.renew_key import renew_home
from pod.actions.notifications import note_silence
from pod.actions.signer import PodItself, signed
from pod.actions.sync.push import push
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.branches import View
from protocol.chain import follow
from protocol.errors import BrokenItemError, NotConfirmedError, RefusedError
from protocol.ids import RecordId
from protocol.keeping import (
    LogFindings,
    SeatMemory,
    check_sign,
    next_term,
    parent_to_propose,
    proposal_due,
    proposal_due_at,
)
from protocol.keys import DidKey
from protocol.proofs import merge_proofs
from protocol.records.chain import KEEPER_COUNTS, Seat
from protocol.records.drafts import handover_members
from protocol.records.envelope import Record, open_record
from protocol.records.operation import Operation, Rehome
from protocol.records.parts import Home
from protocol.state import GroupState, quorum

Body = dict[str, Any]
# Keepers that weren't reached refuse a term MAX_TERM_STEP above theirs; 60 failed proposals must stay below that.
MOST_RISE = 16


class Asked(msgspec.Struct, frozen=True):
    """A keeper's pod's answer: proofs, or the highest term that its refusal named; neither if it didn't answer."""

    pod: str
    proofs: tuple[Any, ...] = ()
    highest_term: int | None = None


class _Named(msgspec.Struct, frozen=True):
    highest_term: int


async def hand_over(deps: Deps, group: RecordId, keepers: Sequence[int] | None = None) -> Record:
    """Propose this pod as steward, gather signatures, append the handover; NotConfirmedError if too few signed."""
    now = deps.clock()

    async def propose(session: AsyncSession) -> tuple[Body, GroupState]:
        return await _propose(session, deps, group, keepers, now=now)

    body, parent = await deps.store.write(propose)
    record = open_record(await gather_signatures(deps, parent, body))
    try:
        follow(parent, record)
    except BrokenItemError as error:
        raise ChainRule.TOO_FEW_SIGNED.error() from error

    async def settle(session: AsyncSession) -> None:
        await append(session, deps, record, origin="", now=now)
        await push(session, deps, record, now=now)
        tries = await load_tries(session, group, record.id)
        await save_tries(session, msgspec.structs.replace(tries, failed=0, highest_term=0))

    await deps.store.write(settle)
    return record


async def _propose(
    session: AsyncSession, deps: Deps, group: RecordId, keepers: Sequence[int] | None, *, now: int
) -> tuple[Body, GroupState]:
    view = await load_view(session, deps, group)
    own_key = deps.identity.keyring.pod_key.did
    if not any(seat.key == own_key for seat in view.state.seats):
        raise ChainRule.KEEPER_PROPOSES.error()
    memory = memory_of(await load_keeper(session, group, own_key, lock=True))
    state, findings = await parent_of_proposal(session, view, memory, now=now)
    members = [seat.member for seat in state.seats] if keepers is None else list(keepers)
    if not all(number in state.members for number in members):
        raise ChainRule.KEEPER_IS_MEMBER.error()
    if len(members) not in KEEPER_COUNTS:
        raise ChainRule.KEEPERS_COUNT.error()
    at = max(now, state.at)
    tries = await load_tries(session, group, view.anchor)
    term = next_term(known_term(tries, view, memory, state), state)
    memory = check_sign(memory, view, state.head, term, findings, at=at, now=now)
    await save_keeper(session, stored_keeper(group, memory))
    operations, _ = await choose_operations(session, state, at=at)
    homes = _homes(state, members, operations)
    body = handover_members(
        state,
        deps.identity.home,
        [Seat(number, homes[number].key) for number in members],
        term=term,
        at=at,
        operations=[operation.body for operation in operations],
        acks=await acks_to_show(session, state),
    )
    return signed(PodItself(), body, deps.identity.keyring.pod_key, now=now, as_list=True), state


async def parent_of_proposal(
    session: AsyncSession, view: View, memory: SeatMemory, *, now: int
) -> tuple[GroupState, LogFindings]:
    """The state on which an honest keeper would hand over, and what this pod found in that item's log."""
    stored = await load_group(session, view.state.group)
    assert stored is not None
    found = await findings_on_branch(session, view, stored, memory)
    item = parent_to_propose(memory, view, lambda state: found[state.head], now=now)
    return view.nodes[item].state, await findings_of(session, view, stored, memory, item)


def known_term(tries: Tries, view: View, memory: SeatMemory, state: GroupState) -> int:
    """The highest term that the proposal must exceed. It rises towards a term named in a refusal in steps only.

    Otherwise one lying keeper could drive the terms up.
    """
    own = max(memory.highest_term, view.state.term, state.term)
    return min(max(own, tries.highest_term), own + MOST_RISE)


def _homes(state: GroupState, members: Sequence[int], operations: Sequence[Record]) -> dict[int, Home]:
    """Each keeper's home after the handover's own operations."""
    homes = {number: state.members[number].home for number in members}
    for operation in operations:
        if isinstance(operation.content, Operation) and isinstance(operation.content.wish, Rehome):
            homes[operation.content.author] = operation.content.wish.home
    return homes


async def gather_signatures(deps: Deps, state: GroupState, body: Body) -> Body:
    """The proposal with the proofs of all who sign it; who refuses at first is asked again with the others' proofs."""
    seats = {seat.member for seat in state.asked_seats}
    pods = {state.members[member].home.pod for member in seats} - {deps.identity.base_url}
    whole, refused = await _ask_all(deps, state, body, pods)
    if refused and _is_short(state, whole):
        whole, refused = await _ask_all(deps, state, whole, {one.pod for one in refused})
    lacking = quorum(len(state.seats)) - len(whole["proof"])
    named = sorted(one.highest_term for one in refused if one.highest_term is not None)
    if named and lacking > 0:
        # Only as high as the signatures that are still lacking need, so that one lying keeper can't drive terms up.
        await _note_heard(deps, state.group, named[min(lacking, len(named)) - 1])
    return whole


async def _note_heard(deps: Deps, group: RecordId, term: int) -> None:
    """Store the highest term that refusals named."""

    async def note(session: AsyncSession) -> None:
        tries = await load_tries(session, group, (await load_view(session, deps, group)).anchor)
        higher = max(tries.highest_term, term)
        await save_tries(session, msgspec.structs.replace(tries, highest_term=higher))

    await deps.store.write(note)


def _is_short(state: GroupState, body: Body) -> bool:
    try:
        follow(state, open_record(body))
    except BrokenItemError:
        return True
    return False


async def _ask_all(deps: Deps, state: GroupState, body: Body, pods: Collection[str]) -> tuple[Body, list[Asked]]:
    """Ask these pods: the proposal with the proofs of those that sign, and the answers of those that refuse."""
    answers = await asyncio.gather(*(_ask(deps, state.group, body, pod) for pod in sorted(pods)))
    whole = body["proof"]
    for one in answers:
        try:
            open_record({**body, "proof": merge_proofs(whole, list(one.proofs))})
        except (RefusedError, TypeError, KeyError):
            continue  # one bad proof must not make the others useless
        whole = merge_proofs(whole, list(one.proofs))
    return {**body, "proof": whole}, [one for one in answers if one.highest_term is not None]


async def _ask(deps: Deps, group: RecordId, body: Body, pod: str) -> Asked:
    url = f"{pod}/groups/{group}/handovers"
    try:
        text = msgspec.json.encode(body)
        answer = await deps.outside.http.post(url, text, content_type="application/json", hear_refusal=True)
        return Asked(pod, tuple(msgspec.convert(read_json(answer.body), dict[str, list[Any]])["proof"]))
    except RemoteError as error:
        return Asked(pod, (), _named_term(error.body))
    except (RefusedError, msgspec.ValidationError, KeyError):
        return Asked(pod)


def _named_term(problem: bytes) -> int | None:
    try:
        return msgspec.convert(read_json(problem), _Named).highest_term
    except (RefusedError, msgspec.ValidationError):
        return None


async def proposal_at(session: AsyncSession, deps: Deps, view: View, waiting_since: int) -> int | None:
    """The time at which this pod should propose itself as steward, if the group still waits then; None if never."""
    state, own_key = view.state, deps.identity.keyring.pod_key.did
    index = _own_place(state, own_key)
    if index is None or state.steward.key == own_key:
        return None
    tries = await load_tries(session, state.group, view.anchor)
    since = max(waiting_since, tries.counting_from)
    return proposal_due_at(state, index, waiting_since=since, tries=tries.failed)


def _own_place(state: GroupState, own_key: DidKey) -> int | None:
    """The place of this pod's seat; None if it has none, or only one whose member has moved: that can't be steward."""
    places = [place for place, seat in enumerate(state.seats) if seat.key == own_key]
    return next((place for place in places if state.members[state.seats[place].member].home.key == own_key), None)


async def hand_over_if_due(deps: Deps, group: RecordId) -> bool:
    """Take the steward's job if something waited too long and it is this seat's turn; whether it did so."""
    await renew_home(deps, group)
    now = deps.clock()
    async with deps.store.database.read() as session:
        view = await load_view(session, deps, group)
        state, own_key = view.state, deps.identity.keyring.pod_key.did
        tries = await load_tries(session, group, view.anchor)
        index = _own_place(state, own_key)
        if index is None or state.steward.key == own_key:
            return False
        waiting_since = await load_waiting_since(session, view, now=now)
    numbers = [seat.member for seat in state.seats]
    since = None if waiting_since is None else max(waiting_since, tries.counting_from)
    if not proposal_due(state, index, waiting_since=since, tries=tries.failed, now=now):
        return False
    tried = msgspec.structs.replace(tries, failed=tries.failed + 1, counting_from=now)
    await deps.store.write(lambda session: save_tries(session, tried))
    try:
        await hand_over(deps, group)
    except NotConfirmedError:
        await deps.store.write(lambda session: note_silence(session, group, numbers, view.anchor, now=now))
        return False
    return True
