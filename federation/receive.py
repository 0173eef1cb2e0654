"""From a request to an activity whose sender is proven; nothing else can make a `VerifiedActivity`.

Order (federation.md section 2): what can be refused without a key, the body's form, that the actor is no one of ours
and its key on its own server, the signature, that actor and signer are one, and its first use.
"""

from __future__ import annotations

from typing import Final

from federation.activities import Activity, Gone, read_activity
from federation.addresses import folded, normal_authority, parse_url, same_origin
from federation.documents import read_document
from federation.errors import BadSignatureError, UnsafeAddressError, WrongAlgorithmError
from federation.group_header import GroupHeader, read_group_header
from federation.known_keys import KnownKeys
from federation.rules.keys import KeyRule
from federation.signatures import (
    Policy,
    Replays,
    SignatureClaim,
    SignedRequest,
    VerifiedSignature,
    read_claims,
    verify_claim,
)

_MAKER: Final = object()


class VerifiedActivity:
    """An activity whose actor signed the request that brought it. Only `receive` makes one."""

    __slots__ = ("activity", "group_header")

    def __init__(self, activity: Activity, group_header: GroupHeader | None, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("Only federation.receive makes a VerifiedActivity.")
        self.activity = activity
        self.group_header = group_header


async def receive(
    request: SignedRequest, policy: Policy, keys: KnownKeys, replay: Replays, *, now: int
) -> VerifiedActivity | None:
    """Verify a POST to an inbox; raises the refusal of the first check that fails. `now` in ms.

    None for the Delete of an unknown actor: this pod has nothing of the actor, and its key can't be fetched any more.
    """
    claim = read_claims(request, policy, now=now)[0]
    activity = read_activity(read_document(request.body))
    _check_speaker(activity, claim, policy)
    if isinstance(activity, Gone) and not await keys.knows(claim.key_id):
        return None
    signature = await verify_as_known(claim, keys, now=now, asker=request.asker)
    if activity.actor != signature.owner and folded(activity.actor) != folded(signature.owner):
        raise KeyRule.ACTOR_NOT_OWNER.error()
    if not same_origin(activity.id, activity.actor):
        raise KeyRule.ACTIVITY_ELSEWHERE.error()
    await replay.admit(signature, now=now)
    return VerifiedActivity(activity, read_group_header(request, signature), _MAKER)


def _check_speaker(activity: Activity, claim: SignatureClaim, policy: Policy) -> None:
    """Check before anything is fetched that the key could speak for this actor, so that others can't cause fetches."""
    if not same_origin(claim.key_id, activity.actor):
        raise KeyRule.KEY_ELSEWHERE.error()
    if is_ours(activity.actor, policy):
        raise KeyRule.OUR_ACTOR.error()


def is_ours(actor: str, policy: Policy) -> bool:
    """Whether an actor or key is this pod's; raises KeyOwnerError if the text isn't a URL."""
    try:
        url = parse_url(actor)
    except UnsafeAddressError as error:
        raise KeyRule.NO_ACTOR_ADDRESS.error() from error
    return normal_authority(url.host_port_subcomponent or "", url.scheme) in policy.authorities


async def verify_as_known(claim: SignatureClaim, keys: KnownKeys, *, now: int, asker: str) -> VerifiedSignature:
    """Verify with the known key; if that fails, with the key that has replaced it."""
    try:
        return verify_claim(claim, await keys.find(claim.key_id, now=now, asker=asker))
    except (BadSignatureError, WrongAlgorithmError):
        changed = await keys.find_changed(claim.key_id, now=now, asker=asker)
        if changed is None:
            raise
    return verify_claim(claim, changed)
