"""What an account follows, by name."""

from __future__ import annotations

import msgspec

from models.groups.groups_and_items import load_lines
from models.people.accounts import Account
from models.people.subscriptions import list_followings
from pod.actions.groups.subscriptions import MOST_FOLLOWED
from pod.deps import Deps
from protocol.ids import RecordId


class FollowedLine(msgspec.Struct, frozen=True):
    """A group or person that is followed; `lens`: it judges what the account reads at home."""

    group: RecordId
    name: str
    kind: str
    lens: bool


async def list_followed(deps: Deps, account: Account) -> tuple[FollowedLine, ...]:
    """Everything that the account follows."""
    async with deps.store.database.read() as session:
        followings = await list_followings(session, account.id, MOST_FOLLOWED)
        groups = await load_lines(session, [following.group_id for following in followings])
    lines = [
        FollowedLine(line.id, line.name, line.kind, following.lens)
        for following in followings
        if (line := groups.get(following.group_id))
    ]
    return tuple(sorted(lines, key=lambda line: (line.name.casefold(), line.group)))
