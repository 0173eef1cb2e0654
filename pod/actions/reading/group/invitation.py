"""What an invitation tells the holder of its link: the group's name and kind, the inviter, whether it is valid."""

from __future__ import annotations

import msgspec

from pod.actions.chain.views import load_view
from pod.actions.groups.membership import Offer
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from protocol.errors import Refused, RefusedError
from protocol.operations import check_invitation
from protocol.records.operation import open_invitation


class InvitedSight(msgspec.Struct, frozen=True):
    """A short view of an invitation's group. `closed`: why the invitation is no longer valid; None if it is."""

    name: str
    visibility: str
    others_weight: int
    default_score: int
    inviter: int
    nickname: str
    weight: int
    expires: int
    closed: Refused | None


async def describe_offer(deps: Deps, offer: Offer) -> InvitedSight:
    """Describe an invitation to the holder of its link, also for a private group, because the holder is invited."""
    signed = open_invitation(offer.invitation, verify=False)
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, offer.group)).state
        nicknames = await load_nicknames(session, deps, offer.group, [signed.content.author])
    try:
        check_invitation(state, signed, at=max(deps.clock(), state.at))
        closed = None
    except RefusedError as refusal:
        closed = refusal.refused
    return InvitedSight(
        state.policy.name,
        state.visibility,
        state.others_weight,
        state.default_score,
        signed.content.author,
        nicknames.get(signed.content.author, ""),
        signed.content.weight,
        signed.content.expires,
        closed,
    )
