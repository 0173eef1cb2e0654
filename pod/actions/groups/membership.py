"""Becoming a member: of a group that is here or at a pod unknown so far, with an invitation or without; and leaving.

An invitation's link ends in the seed of its one-time key. The pod that issued it keeps the signed invitation under the
key's public half; the seed it forgets (ADR 0027).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.content_types import PLAIN_JSON
from models.groups.groups_and_items import load_group
from models.groups.seats_and_acks import StoredInvitation, insert_invitation, list_invitations, load_invitation_to
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.groups.pasted_links import INVITATION, PastedLink
from pod.actions.posts import records as authoring
from pod.actions.signer import Person
from pod.actions.sync.pull import fetch_group
from pod.actions.sync.remote_lists import Pass
from pod.clock import random_bytes
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.errors import Refused, RefusedError
from protocol.ids import RecordId, parse_id
from protocol.keys import PrivateKey
from protocol.needed_signatures import needed_for_weight
from protocol.operations import check_invitation
from protocol.records.content import UNSIGNED
from protocol.records.drafts import draft_invitation, draft_wish
from protocol.records.envelope import Record
from protocol.records.operation import Leave, SignedInvitation, open_invitation
from protocol.records.parts import Invitation
from protocol.state import GroupState

MOST_SHOWN: Final = 100


class Offer(msgspec.Struct, frozen=True):
    """An invitation as its link shows it: the signed record, its group, and a pod of the group."""

    group: RecordId
    pod: str
    invitation: dict[str, Any]


class InvitationSight(msgspec.Struct, frozen=True):
    """An invitation made here; `closed` says why nobody can use it any more."""

    number: int
    weight: int
    uses: int
    used: int
    expires: int
    issued: int
    mine: bool
    closed: Refused | None


async def issue_invitation(deps: Deps, signer: Person, group: RecordId, *, weight: int, uses: int, expires: int) -> str:
    """Sign an invitation, store it here, and return the link that opens it, this once."""
    seed = random_bytes(32)
    to = PrivateKey.from_seed(seed).did
    offer = draft_invitation(Invitation(weight=weight, to=to, uses=uses, expires=expires, **UNSIGNED))

    async def action(session: AsyncSession) -> None:
        state = (await open_group(session, deps, signer.account, group)).state
        # Invitations aren't proposed to other owners (ADR 0043), so such a link would open nothing.
        if (needed := needed_for_weight(state, 0, weight)) is not None and needed.count > 1:
            raise GroupRule.OWNERS_ARE_PROPOSED.error()
        body = await authoring.sign_invitation(session, deps, signer, group, offer)
        signed = open_invitation(body, verify=False)
        check_invitation(state, signed, at=max(deps.clock(), state.at))
        wire = msgspec.json.encode(body)
        await insert_invitation(
            session, StoredInvitation(signed.id, group, signer.account.id, to, wire, expires, deps.clock())
        )

    await deps.store.write(action)
    return f"{deps.identity.base_url}{INVITATION}{urlsafe_b64encode(seed).decode().rstrip('=')}"


async def offer_here(deps: Deps, to: str) -> Offer:
    """The invitation that was made here for this key; raises NotFoundError."""
    async with deps.store.database.read() as session:
        stored = await load_invitation_to(session, to)  # type: ignore[arg-type]  # any text may be looked for
    if stored is None:
        raise GroupRule.NO_SUCH_INVITATION.error()
    return Offer(stored.group_id, deps.identity.base_url, msgspec.json.decode(stored.wire, type=dict[str, Any]))


async def offer_at(deps: Deps, pasted: PastedLink) -> Offer:
    """The invitation of a link, fetched from its pod; raises NotFoundError or RemoteError."""
    assert pasted.seed is not None
    to = PrivateKey.from_seed(pasted.seed).did
    if pasted.pod == deps.identity.base_url:
        return await offer_here(deps, to)
    answer = await deps.outside.http.get_json(f"{pasted.pod}/api/v1/invitations/{to}", types=frozenset({PLAIN_JSON}))
    try:
        offer = msgspec.convert(answer, Offer)
    except msgspec.ValidationError as error:
        raise GroupRule.NO_INVITATION_ANSWER.error() from error
    return msgspec.structs.replace(offer, group=parse_id(offer.group), pod=pasted.pod)


async def join_at(deps: Deps, signer: Person, pasted: PastedLink, *, known: bool = False) -> RecordId:
    """Ask to join the group of a link, fetching it if it isn't here; returns the group's id.

    `known`: join with the account's identity.
    """
    link, offer = None, None
    if pasted.seed is not None:
        link, offer = PrivateKey.from_seed(pasted.seed), await offer_at(deps, pasted)
    group, pod = (offer.group, offer.pod) if offer else (pasted.group, pasted.pod)
    if group is None:
        raise GroupRule.NO_GROUP_AT_ADDRESS.error()
    await _bring(deps, group, pod, Pass(link, offer.invitation) if link and offer else None)
    identity = signer.account.personal_group if known else None
    await authoring.join(deps, signer, group, offer.invitation if offer else None, link, identity=identity)
    return group


async def _bring(deps: Deps, group: RecordId, pod: str, shown: Pass | None) -> None:
    async with deps.store.database.read() as session:
        known = await load_group(session, group)
    if known is None:
        if not pod or pod == deps.identity.base_url:
            raise GroupRule.NOT_HELD_PASTE_WHOLE.error()
        await fetch_group(deps, pod, group, shown)


async def leave_group(deps: Deps, signer: Person, group: RecordId) -> Record:
    """Sign the wish to leave; it takes effect once it is sealed."""
    return await authoring.submit(deps, authoring.write_record, signer, group, draft_wish(Leave()))


async def list_issued(deps: Deps, account: Account, group: RecordId) -> tuple[InvitationSight, ...]:
    """The group's invitations that were made on this pod, the latest first; only for members."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, account, group)).state
        stored = await list_invitations(session, group, MOST_SHOWN)
    return tuple(_sight(deps, state, entry, account) for entry in stored)


def _sight(deps: Deps, state: GroupState, stored: StoredInvitation, account: Account) -> InvitationSight:
    signed = open_invitation(msgspec.json.decode(stored.wire), verify=False)
    offer = signed.content
    return InvitationSight(
        offer.author,
        offer.weight,
        offer.uses,
        state.invitations.get(signed.id, 0),
        offer.expires,
        stored.issued_at,
        stored.account_id == account.id,
        _refusal(state, signed, at=max(deps.clock(), state.at)),
    )


def _refusal(state: GroupState, signed: SignedInvitation, *, at: int) -> Refused | None:
    try:
        check_invitation(state, signed, at=at)
    except RefusedError as refusal:
        return refusal.refused
    return None
