"""A Move from another server: of a person of this network it is a hint, and the personal group's chain decides.

People here follow somebody by the personal group, so lists, delegations and what they read go along once the chain here
holds the rehome, whoever sends it. A Move may be the first to tell of it: then the new pod is asked for the chain. It
has to come from the pod that is the person's home as far as this pod knows, and nothing in it is believed. Accounts of
other software aren't followed from here; one that follows somebody here asks anew by itself.
"""

from __future__ import annotations

from federation.activities import Moved
from federation.activities.build import pod_of
from federation.addresses import same_origin
from models.groups.groups_and_items import load_group
from pod.actions.chain.views import load_view
from pod.deps import Deps
from pod.errors import TooManyTriesError
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id


async def hear_of_move(deps: Deps, moved: Moved, *, now: int) -> None:
    """Have the group of whoever moved pulled from the new pod, if the group is here and its owner's home says so."""
    group, pod = _group_in(moved), pod_of(moved.target)
    if group is None or same_origin(moved.target, deps.identity.base_url):
        return
    async with deps.store.database.read() as session:
        if await load_group(session, group) is None:
            return
        state = (await load_view(session, deps, group)).state
    owner = state.members.get(1)
    if state.kind != "person" or owner is None or not same_origin(moved.actor, owner.home.pod):
        return
    try:
        await deps.store.limits.take("move told of a group", group, now=now)
    except TooManyTriesError:
        return
    deps.signals.behind(group, pod)


def _group_in(moved: Moved) -> RecordId | None:
    try:
        return parse_id(moved.group)
    except RefusedError:
        return None
