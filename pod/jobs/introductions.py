"""Nothing is sent to a pod before it spoke for itself: it wrote to this pod, or it showed that it holds the group.

A record can name any server as somebody's home. A server that never took a delivery, and wasn't heard from, is asked
first for one page of the group's chain, signed, and nothing more until it answers with one: whether something is to be
delivered, pulled or compared. Questions in vain are counted by server, whatever its ports, for all processes: a few,
then one now and then. A signed request from there opens the way at once. Into a private group somebody heavier lets
people in, and who comes by an invitation could not ask its steward for a page yet: there the first delivery asks.
"""

from __future__ import annotations

from typing import Final

from federation.errors import RemoteError
from federation.known_keys import Bounded
from federation.rules.answers import RemoteFault
from models.content.member_lists import names_home
from models.fediverse.deliveries import Delivery, Host, host_of_inbox
from models.fediverse.peers import has_brought, has_taken
from pod.actions.chain.views import find_view
from pod.actions.sync.questions_in_vain import IN_VAIN, count_in_vain, server_of
from pod.actions.sync.remote_lists import head_in, load_page, records_in, source_of
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.state import GroupState

MOST_MET: Final = 20_000


class Introductions:
    """The pods that wrote to this one (`heard`), or showed a group (`_shown`), since this process started."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._heard: Bounded[str, bool] = Bounded(MOST_MET)
        self._shown: Bounded[str, bool] = Bounded(MOST_MET)

    def heard(self, host: str) -> None:
        """Note that a request signed with a key from this host was verified."""
        self._heard.put(host, True)

    async def refusal(self, host: Host, delivery: Delivery) -> RemoteError | None:
        """Why this pod sends nothing to the host now; None if it may send."""
        group = delivery.activity.group
        if group is None or host.last_succeeded_at is not None or self._knows(host.host):
            return None
        state = (await find_view(self._deps, group)).state
        pod = delivery.inbox.rpartition("/")[0]
        try:
            if state.visibility == "private":
                await count_in_vain(self._deps, pod)
            elif await self._is_home(state, delivery.inbox):
                await self._meet(pod, group)
        except (RemoteError, RefusedError) as error:
            return RemoteError(RemoteFault.HOME_NOT_SHOWN, retry=True, because=error)
        return None

    async def before_pull(self, pod: str, group: RecordId) -> None:
        """Check that the pod has shown a group, so that it may be pulled from; raises RemoteError or a refusal."""
        if self._shown.get(host_of_inbox(pod)):
            return
        async with self._deps.store.database.read() as session:
            if await has_brought(session, pod, group):
                return
        await self._meet(pod, group)

    async def before_question(self, pod: str, group: RecordId) -> None:
        """As `before_pull`, before groups are compared; a pod that took deliveries or wrote to us may be asked."""
        if self._knows(host_of_inbox(pod)):
            return
        async with self._deps.store.database.read() as session:
            if await has_taken(session, pod):
                return
        await self._meet(pod, group)

    def _knows(self, host: str) -> bool:
        return bool(self._heard.get(host) or self._shown.get(host))

    async def _meet(self, pod: str, group: RecordId) -> None:
        """Ask the pod for a page of the group; raises RemoteError, or TooManyTriesError after too many failures."""
        host = host_of_inbox(pod)
        # A verified request from the host allows one question, so that a server without the group isn't asked for ever.
        if not self._heard.get(host):
            await self._deps.store.limits.check(IN_VAIN, server_of(pod), now=self._deps.clock())
        try:
            await self._see(pod, group)
        except (RemoteError, RefusedError):
            self._heard.drop(host)
            await count_in_vain(self._deps, pod)
            raise
        self._shown.put(host, True)

    async def _see(self, pod: str, group: RecordId) -> None:
        """Check that the pod shows a page of the group; raises if it doesn't."""
        view = await find_view(self._deps, group)
        source = await source_of(self._deps, pod, group)
        page = await load_page(self._deps, source, "chain", max(view.settled.height, 1))
        if head_in(page) is None and not await records_in(page.get("items"), group):
            raise RemoteError(RemoteFault.GROUP_NOT_SHOWN, retry=True)

    async def _is_home(self, state: GroupState, inbox: str) -> bool:
        """Whether only a record names this inbox. Followers' servers have asked for deliveries themselves."""
        pod = inbox.removesuffix("/inbox")
        if pod in state.pods:
            return True
        async with self._deps.store.database.read() as session:
            return await names_home(session, state.group, pod)  # former and black-listed members named pods, too
