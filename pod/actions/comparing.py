"""A verified delivery tells two things beside its record: its host is there, and how far it has the group.

Who is ahead of this pod, or names a head that isn't known here, is pulled from; but only a pod of the group, so that a
stranger can't make this pod ask around.
"""

from __future__ import annotations

from federation.group_header import GroupHeader
from federation.receive import VerifiedActivity
from models.deliveries import host_of_inbox
from pod.actions.chains import load_view
from pod.actions.outbox import pods_of
from pod.deps import Deps
from pod.errors import UnknownGroupError
from protocol.branches import View


async def compare(deps: Deps, verified: VerifiedActivity) -> None:
    """Notice the sender and, by its `Althing-Group`, a gap; call it when the record was taken or refused."""
    sender = verified.activity.actor
    deps.heard(host_of_inbox(sender))
    header = verified.group_header
    if header is None:
        return
    try:
        async with deps.database.read() as session:
            view = await load_view(session, deps, header.group)
    except UnknownGroupError:
        return
    pod = "/".join(sender.split("/", 3)[:3])
    if is_behind(view, header) and pod in pods_of(view.state):
        deps.behind(header.group, pod)


def is_behind(view: View, header: GroupHeader) -> bool:
    """Whether the sender has something of the group that this view lacks."""
    ours = view.state
    unknown_head = header.head not in view.nodes and header.height >= view.settled.height
    return header.height > ours.height or header.size > ours.log.size or unknown_head
