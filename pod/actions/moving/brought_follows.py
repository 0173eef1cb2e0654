"""What an account that came here follows is fetched one by one, and the groups' pods are told that they are read here.

A copy gives ids without pods: the old pod holds what its people follow, so it is asked. What it doesn't give, or what
is private, stays followed and is shown without a name; it comes when somebody pastes its link.
"""

from __future__ import annotations

from contextlib import suppress

from federation.errors import RemoteError
from models.moving.unfolded_lines import UnfoldedCopy, list_unfolded, load_next_following, set_follows_to
from pod.actions.fediverse.readers import keep_reading
from pod.actions.sync.pull import fetch_group
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId

_COPIES = 10


async def bring_next_follow(deps: Deps, account_id: int) -> bool:
    """Fetch what the account follows next, and tell its pods; False if nothing is left. Who calls it sets the pace.

    Each group is tried once, also if its pod doesn't answer: following goes on without it.
    """
    async with deps.store.database.read() as session:
        for unfolded in await list_unfolded(session, account_id, _COPIES):
            found = await load_next_following(session, account_id, unfolded.follows_to)
            if found is not None:
                break
        else:
            return False
    following, held = found
    with suppress(RemoteError, RefusedError):
        if not held:
            await fetch_group(deps, unfolded.pod, following.group_id)
        await keep_reading(deps, following.group_id, now=deps.clock())
    await _done(deps, unfolded, following.group_id)
    return True


async def _done(deps: Deps, unfolded: UnfoldedCopy, group: RecordId) -> None:
    await deps.store.write(lambda session: set_follows_to(session, unfolded, group))
