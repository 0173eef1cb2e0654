"""What a pod told of a group with a delivery is compared with what is held here; a gap is pulled.

Only a pod of the group is pulled from, so that a stranger can't make this pod ask around.
"""

from __future__ import annotations

from federation.group_header import GroupHeader
from pod.actions.chain.views import load_view
from pod.deps import Deps
from pod.errors import UnknownGroupError
from protocol.branches import View


async def compare(deps: Deps, pod: str, header: GroupHeader) -> None:
    """Ask for a pull from `pod` if the pod has something of the group that this one lacks."""
    try:
        async with deps.store.database.read() as session:
            view = await load_view(session, deps, header.group)
    except UnknownGroupError:
        return
    if is_behind(view, header) and pod in view.state.pods:
        deps.signals.behind(header.group, pod)


def is_behind(view: View, header: GroupHeader) -> bool:
    """Whether the sender has something of the group that this view lacks."""
    ours = view.state
    unknown_head = header.head not in view.nodes and header.height >= view.settled.height
    return header.height > ours.height or header.size > ours.log.size or unknown_head
