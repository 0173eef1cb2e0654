"""The personal groups that members of a group name are brought here, so that their claims can be seen and checked.

Only for groups that somebody here belongs to or follows; a pod is asked a bounded number of times. From then on this
pod reads such a group, and hears of it when a claim is taken back.
"""

from __future__ import annotations

import logging
from typing import Final

from federation.errors import RemoteError
from models.content.claims import list_unknown_identities
from models.content.reposts import is_looked_at
from pod.actions.sync.pull import fetch_group
from pod.actions.sync.questions_in_vain import asking
from pod.deps import Deps
from pod.errors import TooManyTriesError
from protocol.errors import RefusedError
from protocol.ids import RecordId

AT_ONCE: Final = 20
_LOG = logging.getLogger(__name__)


async def fetch_claimed(deps: Deps, group: RecordId) -> bool:
    """Fetch personal groups that members name and that aren't here; returns whether any were missing."""
    async with deps.store.database.read() as session:
        if not await is_looked_at(session, group):
            return False
        lacking = await list_unknown_identities(session, group, AT_ONCE)
    wanted = [(identity, pod) for identity, pod in lacking if pod != deps.identity.base_url]
    for identity, pod in wanted:
        try:
            await deps.store.limits.take("claim from a pod", pod, now=deps.clock())
            await deps.store.limits.take("claim of a group", group, now=deps.clock())
            async with asking(deps, pod):
                await fetch_group(deps, pod, identity)
        except TooManyTriesError:
            continue
        except (RemoteError, RefusedError) as error:
            _LOG.info("fetching %s from %s, named in %s: %s", identity, pod, group, error)
    return bool(wanted)
