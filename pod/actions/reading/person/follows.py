"""What an account follows, by name."""

from __future__ import annotations

import msgspec

from models.people.accounts import Account
from models.people.subscriptions import Following, list_followings
from pod.actions.access import ReadableGroup, open_those
from pod.actions.groups.subscriptions import MOST_FOLLOWED
from pod.actions.reading.name_order import name_place
from pod.deps import Deps
from protocol.ids import RecordId


class FollowedLine(msgspec.Struct, frozen=True):
    """A followed group or person; `lens`: it moderates what the account reads at home.

    `name` is empty if the account may no longer read it.
    """

    group: RecordId
    name: str
    kind: str
    lens: bool


async def list_followed(deps: Deps, account: Account, language: str) -> tuple[FollowedLine, ...]:
    """All that the account follows, by name in the language's order."""
    async with deps.store.database.read() as session:
        followings = await list_followings(session, account.id, MOST_FOLLOWED)
        groups = await open_those(session, deps, account, [following.group_id for following in followings])
    lines = [_line(following, groups.get(following.group_id)) for following in followings]
    return tuple(sorted(lines, key=lambda line: (name_place(line.name, language), line.group)))


def _line(following: Following, found: ReadableGroup | None) -> FollowedLine:
    name, kind = (found.name, found.state.kind) if found else ("", "group")
    return FollowedLine(following.group_id, name, kind, following.lens)
