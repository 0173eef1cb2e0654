"""Nothing is sent to a home before it spoke for itself: it wrote to this pod, or it showed that it holds the group.

A record can name any server as somebody's home. A host that never took a delivery, and wasn't heard from, is asked
first for one page of the group's chain, signed, and nothing more until it answers with one. That this pauses like any
failing delivery keeps a server that knows nothing of it at a few requests a day. Into a private group somebody heavier
lets people in, and who comes by an invitation could not ask its steward for a page yet: there nobody is asked.
"""

from __future__ import annotations

from typing import Final

from federation.errors import RemoteError
from federation.known_keys import Bounded
from models.fediverse.deliveries import Delivery, Host
from pod.actions.chain.views import find_view
from pod.actions.sync.remote_lists import load_page, source_of
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.state import GroupState

MOST_MET: Final = 20_000


class Introductions:
    """The hosts that spoke for themselves since this process started."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._met: Bounded[str, bool] = Bounded(MOST_MET)

    def heard(self, host: str) -> None:
        """A request of this host was verified by a key from there."""
        self._met.put(host, True)

    async def refusal(self, host: Host, delivery: Delivery) -> RemoteError | None:
        """Why nothing is sent to this host now; None if it may be."""
        group = delivery.activity.group
        if group is None or host.last_succeeded_at is not None or self._met.get(host.host):
            return None
        view = await find_view(self._deps, group)
        if view.state.visibility == "private" or not _is_home(view.state, delivery.inbox):
            return None
        try:
            pod = delivery.inbox.rpartition("/")[0]
            source = await source_of(self._deps, pod, view.state.group)
            page = await load_page(self._deps, source, "chain", max(view.settled.height, 1))
        except (RemoteError, RefusedError) as error:
            return RemoteError(f"The home doesn't show the group: {error}", retry=True)
        if not isinstance(page.get("items"), list):
            return RemoteError("The home doesn't show the group.", retry=True)
        self.heard(host.host)
        return None


def _is_home(state: GroupState, inbox: str) -> bool:
    """Whether the inbox is known from a record alone: servers that follow have asked for what they get."""
    return any(f"{member.home.pod}/inbox" == inbox for member in state.members.values())
