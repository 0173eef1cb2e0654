"""A group goes on elsewhere: a new one is founded, its members invited one by one, and the old one asked to close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from models.groups.proposed_operations import list_proposed
from pod.actions.access import open_group
from pod.actions.groups.founding import start_group
from pod.actions.groups.membership import issue_invitation
from pod.actions.groups.proposals import ask_for
from pod.actions.signer import Person
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.ids import RecordId
from protocol.records.drafts import draft_wish
from protocol.records.operation import Succeed
from protocol.state import GroupState

GOOD_FOR_MS: Final = 30 * 86_400_000
FULL_WEIGHT: Final = 1000
MOST_INVITED: Final = 200


class Continuation(msgspec.Struct, frozen=True):
    """The new group, a link for each invited member, and whether the old group's change still needs signatures."""

    group: RecordId
    links: tuple[tuple[int, str], ...]
    open: bool


async def continue_elsewhere(
    deps: Deps, signer: Person, group: RecordId, *, name: str, visibility: str, invited: Sequence[int]
) -> Continuation:
    """Found the group that continues `group`, invite members, and sign the change. Only an owner may.

    Invited members get their old weight. If owners are invited, the founder gets a higher weight than theirs; otherwise
    every further owner would need the signatures of the others.
    """
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, signer.account, group)
        state, item = opened.state, opened.view.anchor
        if opened.member is None or not state.is_owner(opened.member):
            raise GroupRule.ONLY_OWNERS_PROPOSE.error()
        if state.succeeded_by is not None:
            raise GroupRule.CLOSED.error()
        number = opened.member.number
        if any(one.author == number for one in await list_proposed(session, group)):
            raise GroupRule.PROPOSAL_OPEN.error()
    members = [state.members.get(one) for one in dict.fromkeys(invited) if one != number]
    chosen = [one for one in members if one is not None and one.weight > 0 and not one.left][:MOST_INVITED]
    above = any(state.is_owner(one) for one in chosen)
    wishes = _root(state, item, name=name, visibility=visibility) | {
        "weight": state.owner_weight + (FULL_WEIGHT if above else 0)
    }
    heir = await start_group(deps, signer, wishes)
    expires = deps.clock() + GOOD_FOR_MS
    links = [
        (one.number, await issue_invitation(deps, signer, heir, weight=one.weight, uses=1, expires=expires))
        for one in chosen
    ]
    asked = await ask_for(deps, signer, group, draft_wish(Succeed(heir)))
    return Continuation(heir, tuple(links), asked.open)


def _root(state: GroupState, item: RecordId, *, name: str, visibility: str) -> dict[str, Any]:
    """The new group's root. It names the old group, unless that is private and the new one isn't."""
    kept = ("description", "permissions", "areas", "voting", "handover_after")
    wishes = {one: said for one, said in state.policy.members().items() if one in kept}
    wishes |= {"others_weight": state.others_weight, "default_score": state.default_score}
    wishes |= {"name": name, "visibility": visibility}
    tells = visibility == "private" or state.visibility != "private"
    return wishes | ({"continues": {"group": state.group, "item": item}} if tells else {})
