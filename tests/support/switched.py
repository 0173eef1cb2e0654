"""A whole switch at once, with the tending that a serving pod's loops do after each step; none of its jobs runs."""

from __future__ import annotations

import msgspec

from models.moving.newcomers import list_newcomer_groups
from pod.actions.moving.newcomers import GroupMove, advance_group, advance_personal, fetch_unsettled, load_coming
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.ids import RecordId


class SwitchProgress(msgspec.Struct, frozen=True):
    """A switch as far as it is. `late`: before the account is here, groups in which something isn't settled there.

    `sealed`: why values that the person sealed in polls aren't all here yet; "": they are.
    """

    arrived: bool
    late: tuple[RecordId, ...]
    groups: tuple[GroupMove, ...]
    sealed: str = ""


async def advanced(deps: Deps, person: RecordId, *, plainly: frozenset[RecordId] = frozenset()) -> SwitchProgress:
    """Do what can be done now, in all groups, and tend those that are here by now.

    `plainly`: groups in which the person goes without a handover that names their seat anew.
    """
    late = await advance_personal(deps, person)
    if late:
        return SwitchProgress(arrived=False, late=late, groups=())
    newcomer = await load_coming(deps, person)
    async with deps.store.database.read() as session:
        told = await list_newcomer_groups(session, person)
    moves = [await advance_group(deps, newcomer, one, plain=one.group_id in plainly) for one in told]
    sealed = await fetch_unsettled(deps, newcomer)
    for move in moves:
        if move.standing == "sealed":
            await tend(deps, move.group)
    return SwitchProgress(arrived=True, late=(), groups=tuple(moves), sealed=sealed)
