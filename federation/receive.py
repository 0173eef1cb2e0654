"""From a request to an activity whose sender is proven; nothing else can make a `VerifiedActivity`.

Order (federation.md section 2): what can be refused without a key, the body's form, that the key is on its actor's
server, the signature, that actor and signer are one, and its first use.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from federation.activities import Activity, read_activity
from federation.addresses import folded, same_origin
from federation.documents import read_document
from federation.errors import KeyOwnerError
from federation.group_header import GroupHeader, read_group_header
from federation.signatures import Policy, ReplayCache, SignedRequest, VerificationKey, read_claims, verify_claim

_MAKER: Final = object()
FindKey = Callable[[str], Awaitable[VerificationKey]]


class VerifiedActivity:
    """An activity whose actor signed the request that brought it. Made by `receive` alone."""

    __slots__ = ("activity", "group_header")

    def __init__(self, activity: Activity, group_header: GroupHeader | None, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("Only federation.receive makes a VerifiedActivity.")
        self.activity = activity
        self.group_header = group_header


async def receive(
    request: SignedRequest, policy: Policy, find_key: FindKey, replay: ReplayCache, *, now: int
) -> VerifiedActivity:
    """Verify a POST to an inbox; raises the refusal of the first check that fails. `now` in ms."""
    claim = read_claims(request, policy, now=now)[0]
    activity = read_activity(read_document(request.body))
    # Before anything is fetched: a key elsewhere can't speak for this actor, and nobody makes us ask for it.
    if not same_origin(claim.key_id, activity.actor):
        raise KeyOwnerError("The key is on another server than the activity's actor.")
    key = await find_key(claim.key_id)
    signature = verify_claim(claim, key)
    if folded(activity.actor) != folded(signature.owner):
        raise KeyOwnerError("The activity's actor isn't the owner of the key that signed.")
    if not same_origin(activity.id, activity.actor):
        raise KeyOwnerError("The activity's id is on another server than its actor.")
    replay.admit(signature, now=now)
    return VerifiedActivity(activity, read_group_header(request, signature), _MAKER)
