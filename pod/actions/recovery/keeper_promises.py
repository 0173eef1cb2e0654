"""Living keepers promise a joint recovery its term before anybody publishes it (ADR 0021).

1. A pod promises for its seat what `protocol.keeping.promise_recovery` allows, and writes it down first.
2. A recovery needs the promises of n - q + 1 keepers of every set that is asked, or of all living keepers.
3. A keeper that refuses counts as living, unless it answers a pull and doesn't have the item that it names.

Spec: protocol.md section 3, "Validity" (a recovery).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.documents import read_json
from federation.errors import RemoteError
from models.groups.seats_and_acks import load_keeper, save_keeper
from pod.actions.chain.seat_memory import memory_of, stored_keeper
from pod.actions.chain.views import load_view
from pod.actions.handover.countersign import keys_of, state_for
from pod.actions.private_groups import unknown_group
from pod.actions.sync.pull import pull
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keeping import promise_recovery
from protocol.records.chain import Handover, Seat
from protocol.records.envelope import Record
from protocol.state import GroupState, quorum


class _Last(msgspec.Struct, frozen=True):
    item: RecordId


class _Refused(msgspec.Struct, frozen=True):
    last: _Last


async def promise(deps: Deps, group: RecordId, record: Record) -> int:
    """Bind this pod's seat to a recovery's term and return the term; raises SeatRefusedError, or another refusal."""
    handover = record.content
    if not isinstance(handover, Handover) or record.group != group:
        raise ChainRule.NO_RECOVERY_HERE.error()
    async with deps.store.database.read() as session:
        view = await load_view(session, deps, group)
    if not _recovers(view.state, record):
        if view.state.visibility == "private":
            raise unknown_group()
        raise ChainRule.PROMISE_BY_KEEPERS.error()
    if handover.parent not in view.nodes:
        # The pod that prepares the recovery has its parent, and can be reached.
        await _pull_all(deps, group, [handover.steward.pod])

    async def remember(session: AsyncSession) -> None:
        now_held = await load_view(session, deps, group)
        memory = memory_of(await load_keeper(session, group, deps.identity.keyring.pod_key.did, lock=True))
        if memory.key not in keys_of(state_for(now_held, handover)):
            raise ChainRule.NO_SEAT_HERE.error()
        memory = promise_recovery(memory, now_held, record)
        await save_keeper(session, stored_keeper(group, memory))

    await deps.store.write(remember)
    return handover.term


def _recovers(state: GroupState, record: Record) -> bool:
    keys = {state.members[seat.member].recovery[-1] for seats in _sets(state) for seat in seats}
    return not keys.isdisjoint(record.signers)


def _sets(state: GroupState) -> list[tuple[Seat, ...]]:
    return [state.seats, *(replaced.seats for replaced in state.earlier)]


def _pod_of(state: GroupState, seat: Seat) -> str:
    """The pod that holds the seat's key; empty if the keeper moved since, because the group no longer knows the pod."""
    home = state.members[seat.member].home
    return home.pod if home.key == seat.key else ""


async def gather_promises(deps: Deps, state: GroupState, record: Record) -> None:
    """Have the living keepers of `state` promise the recovery its term; raises NotConfirmedError."""
    own = deps.identity.keyring.pod_key.did in keys_of(state)
    if own:
        await promise(deps, state.group, record)
    pods = {_pod_of(state, seat) for seats in _sets(state) for seat in seats} - {deps.identity.base_url, ""}
    asked = sorted(pods)
    answers = dict(
        zip(asked, await asyncio.gather(*(_ask(deps, state.group, record, pod) for pod in asked)), strict=True)
    )
    promised = {pod for pod, said in answers.items() if said is True}
    promised |= {deps.identity.base_url} if own else set()
    refused = {pod: said for pod, said in answers.items() if isinstance(said, str)}
    reached = await _pull_all(deps, state.group, refused)
    async with deps.store.database.read() as session:
        view = await load_view(session, deps, state.group)
    living = promised | {pod for pod, item in refused.items() if pod not in reached or item in view.nodes}
    for seats in _sets(state):
        homes = [_pod_of(state, seat) for seat in seats]
        enough = min(len(seats) - quorum(len(seats)) + 1, sum(pod in living for pod in homes))
        if sum(pod in promised for pod in homes) < enough:
            raise ChainRule.BEGIN_ANEW.error()


async def _ask(deps: Deps, group: RecordId, record: Record, pod: str) -> RecordId | bool:
    """True if the pod promised; the item that its refusal names; False if it gave no usable answer."""
    try:
        url = f"{pod}/groups/{group}/promises"
        await deps.outside.http.post(url, record.wire, content_type="application/json", hear_refusal=True)
    except RemoteError as error:
        with suppress(RefusedError, msgspec.ValidationError):
            return msgspec.convert(read_json(error.body), _Refused).last.item
        return False
    except RefusedError:
        return False
    return True


async def _pull_all(deps: Deps, group: RecordId, pods: Collection[str]) -> set[str]:
    """Pull the group from these pods at the same time; returns those that answered."""

    async def ask(pod: str) -> str:
        try:
            await pull(deps, pod, group)
        except (RemoteError, RefusedError):
            return ""
        return pod

    return set(await asyncio.gather(*(ask(pod) for pod in sorted(pods) if pod != deps.identity.base_url))) - {""}
