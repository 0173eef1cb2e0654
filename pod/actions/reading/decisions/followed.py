"""What of its groups' decisions somebody follows, by the names that they may read; and which polls that concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.decision_subscriptions import DecisionSubscription, list_subscriptions
from models.decisions.taken_part import list_ballots_by
from models.people.accounts import Account
from pod.actions.access import ReadableGroup, open_those
from pod.actions.decisions.subscriptions import MOST_SUBSCRIPTIONS
from pod.actions.reading.decisions.poll_titles import load_poll_titles
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from protocol.ids import RecordId


@dataclass(frozen=True, slots=True)
class GroupFollows:
    """What somebody follows in one group: areas, numbers of delegates, polls."""

    areas: set[str] = field(default_factory=set)
    delegates: set[int] = field(default_factory=set)
    polls: set[str] = field(default_factory=set)

    def note(self, one: DecisionSubscription) -> None:
        """Take in one more thing."""
        if one.kind == "area":
            self.areas.add(one.what)
        elif one.kind == "poll":
            self.polls.add(one.what)
        elif one.what.isascii() and one.what.isdecimal():
            self.delegates.add(int(one.what))


class FollowedThing(msgspec.Struct, frozen=True):
    """Something that somebody follows; `name` is empty where the pod has none to show."""

    group: RecordId
    group_name: str
    kind: str
    what: str
    name: str


async def load_followed(session: AsyncSession, account: int) -> defaultdict[RecordId, GroupFollows]:
    """By group what the account follows."""
    found: defaultdict[RecordId, GroupFollows] = defaultdict(GroupFollows)
    for one in await list_subscriptions(session, account, most=MOST_SUBSCRIPTIONS):
        found[one.group_id].note(one)
    return found


async def list_followed_votes(
    session: AsyncSession, group: RecordId, poll: RecordId, delegates: Collection[int]
) -> list[tuple[int, int]]:
    """(when, number) of each delegate that is followed and has a ballot in the poll, by their own clocks."""
    if not delegates:
        return []
    ballots = await list_ballots_by(session, group, poll, delegates)
    return [(one.content.at, one.content.author) for one in ballots if not one.content.withdraw]


async def list_followed_things(deps: Deps, account: Account) -> tuple[FollowedThing, ...]:
    """All that the account follows in groups that it may read, by group."""
    async with deps.store.database.read() as session:
        wishes = await list_subscriptions(session, account.id, most=MOST_SUBSCRIPTIONS)
        opened = await open_those(session, deps, account, sorted({one.group_id for one in wishes}))
        names: dict[DecisionSubscription, str] = {}
        for group in opened.values():
            names |= await _names(session, deps, group, [one for one in wishes if one.group_id == group.id])
    return tuple(
        FollowedThing(one.group_id, opened[one.group_id].name, one.kind, one.what, names.get(one, ""))
        for one in wishes
        if one.group_id in opened
    )


async def _names(
    session: AsyncSession, deps: Deps, group: ReadableGroup, wishes: Collection[DecisionSubscription]
) -> dict[DecisionSubscription, str]:
    seen = GroupFollows()
    for one in wishes:
        seen.note(one)
    named = {
        "area": area_names(group),
        "delegate": {
            str(number): name
            for number, name in (await load_nicknames(session, deps, group.id, seen.delegates)).items()
        },
        "poll": {
            str(poll): title
            for poll, title in (
                await load_poll_titles(session, deps, group.id, {RecordId(one) for one in seen.polls})
            ).items()
        },
    }
    return {one: named[one.kind].get(one.what, "") for one in wishes}


def area_names(group: ReadableGroup) -> dict[str, str]:
    """The names of a group's subject areas."""
    return {str(area["area"]): str(area["name"]) for area in group.state.policy.areas or ()}
