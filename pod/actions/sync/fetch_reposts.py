"""What a group reposts is brought here from the pod that the vote names, so that it can be read and checked.

A vote says where the post that it is about stands. If nobody here knew that group, it is fetched whole, chain and log,
and from then on pulled like any other: nothing is shown that wasn't verified. Only groups that somebody here belongs to
or follows, and only voters who weigh something, have a pod fetch; so one repost doesn't lead to the next for ever.
"""

from __future__ import annotations

import logging
from typing import Final

from federation.errors import RemoteError
from models.content.reposts import is_looked_at, list_new_reposts, load_repost_records
from models.groups.groups_and_items import load_group
from pod.actions.sync.pull import fetch_group, pull
from pod.actions.sync.questions_in_vain import asking
from pod.deps import Deps
from pod.errors import TooManyTriesError
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.content import RepostOrigin, Vote
from protocol.records.envelope import reopen_record

MOST_LOOKED_AT: Final = 50  # as many as a page of the group shows
_LOG = logging.getLogger(__name__)


async def fetch_reposted(deps: Deps, group: RecordId) -> bool:
    """Fetch or pull the groups of the latest reposts that this pod lacks; returns whether there were any.

    Pods that can't be reached are tried again later.
    """
    lacking = await _lacking(deps, group)
    for origin, held in lacking:
        try:
            # The pod's limit first: a pod that never has the posts must not use up the group's limit for other pods.
            await deps.store.limits.take("repost from a pod", origin.pod, now=deps.clock())
            await deps.store.limits.take("repost of a group", group, now=deps.clock())
            async with asking(deps, origin.pod):
                await (pull if held else fetch_group)(deps, origin.pod, origin.group)
        except TooManyTriesError:
            continue
        except (RemoteError, RefusedError) as error:
            _LOG.info("fetching %s from %s, reposted in %s: %s", origin.group, origin.pod, group, error)
    return bool(lacking)


async def _lacking(deps: Deps, group: RecordId) -> list[tuple[RepostOrigin, bool]]:
    """The origins of the reposts that this pod lacks, and whether it holds their groups."""
    async with deps.store.database.read() as session:
        if not await is_looked_at(session, group):
            return []
        posts = [one.post for one in await list_new_reposts(session, [group], MOST_LOOKED_AT) if one.backed]
        votes = [reopen_record(wire).content for wire in await load_repost_records(session, group, posts)]
        origins = [vote.from_ for vote in votes if isinstance(vote, Vote) and vote.from_]
        wanted = {origin.group: origin for origin in origins if origin.pod != deps.identity.base_url}
        return [(origin, await load_group(session, origin.group) is not None) for origin in wanted.values()]
