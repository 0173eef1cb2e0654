"""A request to this pod's seat is opened only if the group is here and the key that it names may ask.

Opening a handover verifies all its proofs and operations. An anonymous request has to name a key of a keeper, or a
recovery key of one, before anybody does that work; that the proof is really by this key is verified first of all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pod.actions.chain.views import load_view
from pod.actions.private_groups import unknown_group
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.branches import View
from protocol.canonical import JsonObject
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_PROOFS
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState


async def open_asked(deps: Deps, group: RecordId, read: Callable[[], Awaitable[JsonObject]]) -> Record:
    """The record that `read` returns, opened if a keeper may have signed it.

    Raises UnknownGroupError, or NotKeeperError if no proof names a keeper's key.
    """
    async with deps.store.database.read() as session:
        view = await load_view(session, deps, group)
    try:
        body = await read()
        if _claimed(body).isdisjoint(_askers(view, body)):
            raise ChainRule.ASKED_BY_KEEPERS.error()
    except RefusedError:
        # Also for a body that can't be read, because the body isn't read at all for an unknown group.
        if view.state.visibility == "private":
            raise unknown_group() from None
        raise
    return open_record(body)


def _claimed(body: JsonObject) -> set[str]:
    """The keys that the proofs name; they are not verified."""
    proof = body.get("proof")
    proofs = proof[:MAX_PROOFS] if isinstance(proof, list) else [proof]
    methods = [one.get("verificationMethod") for one in proofs if isinstance(one, dict)]
    return {method.partition("#")[0] for method in methods if isinstance(method, str)}


def _askers(view: View, body: JsonObject) -> set[str]:
    parent = body.get("parent")
    node = view.nodes.get(RecordId(parent)) if isinstance(parent, str) else None
    return _keys(view.state) | (_keys(node.state) if node else set())


def _keys(state: GroupState) -> set[str]:
    seats = [seat for seats in (state.seats, *(earlier.seats for earlier in state.earlier)) for seat in seats]
    recovery = {state.members[seat.member].recovery[-1] for seat in seats}
    return {*(seat.key for seat in seats), *(seat.key for seat in state.asked_seats), *recovery}
