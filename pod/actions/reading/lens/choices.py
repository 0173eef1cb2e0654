"""What a reader may look through: the groups named now, their own, those that voted on the thing, some public ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import list_joined, list_voted
from models.groups.groups_and_items import StoredGroupLine, list_public
from models.people.subscriptions import Following, list_followings
from moderation.lens import Lens
from pod.actions.access import Reader, open_state, open_those
from pod.actions.reading.lens.verdicts import MOST_FOLLOWED, chosen_lens
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Token

MOST_OWN = 30
MOST_VOTED = 20
MOST_PUBLIC = 20


class Choice(msgspec.Struct, frozen=True):
    """A group that the reader may choose; `votes`: how many of its members voted on the shown thing."""

    group: RecordId
    name: str
    votes: int = 0


class LensChoices(msgspec.Struct, frozen=True):
    """Groups to choose from. `named`: those of the present lens; no group is in two of the other lists.

    `own`: groups that the reader is a member of or follows; `home`: the reader's usual lens.
    """

    named: tuple[Choice, ...]
    own: tuple[Choice, ...]
    voted: tuple[Choice, ...]
    public: tuple[Choice, ...]
    home: Lens | None = None


async def _public(deps: Deps) -> list[StoredGroupLine]:
    async with deps.store.database.read() as session:
        return await list_public(session, MOST_PUBLIC)


async def list_lens_choices(
    deps: Deps, reader: Reader, named: Sequence[RecordId], token: Token | None = None
) -> LensChoices:
    """The choices; raises UnknownGroupError for a named group that the reader may not read."""
    async with deps.store.database.read() as session:
        followed = await list_followings(session, reader.id, MOST_FOLLOWED) if reader else []
        home = await chosen_lens(session, deps, reader, followed) if reader else None
        names = {group: (await open_state(session, deps, reader, group)).policy.name for group in named}
        own = await _load_own(session, deps, reader, followed[:MOST_OWN])
        account = reader.id if reader else None
        voted = await list_voted(session, token, MOST_VOTED, account=account) if token else []
    public = await deps.store.remember("public groups", partial(_public, deps))
    votes = {found.group: found.votes for found in voted}
    seen = {group for group, _ in own}
    told = [found for found in voted if found.group not in seen]
    seen |= votes.keys()
    return LensChoices(
        named=tuple(Choice(group, names[group], votes.get(group, 0)) for group in named),
        own=tuple(Choice(group, name, votes.get(group, 0)) for group, name in own),
        voted=tuple(Choice(found.group, found.name, found.votes) for found in told),
        public=tuple(Choice(stored.id, stored.name) for stored in public if stored.id not in seen),
        home=home,
    )


async def _load_own(
    session: AsyncSession, deps: Deps, reader: Reader, latest: Sequence[Following]
) -> list[tuple[RecordId, str]]:
    """The groups that the reader is a member of, then those that the reader follows."""
    if reader is None:
        return []
    joined = await list_joined(session, reader.id, MOST_OWN)
    followed = [following.group_id for following in latest]
    known = {group for group, _ in joined}
    readable = await open_those(session, deps, reader, [group for group in followed if group not in known])
    return [*joined, *((group, found.name) for group, found in readable.items())]
