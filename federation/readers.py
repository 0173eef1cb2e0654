"""Who asks for something that isn't public: a pod, or the holder of a key, proven by the signature of the request.

Rules of this file (ADR 0025):

1. A pod signs with a key of its own actor, `/actor` of its origin. No other actor speaks for it: a person's key may
   have left the pod, in the box that their words open.
2. The holder of a one-time or recovery key signs under RFC 9421 with that key's did:key as key id. Such a key is never
   looked up, and is nobody's actor.
3. `Althing-Invitation` is the base64 of an invitation's JSON. It counts if the signature covers it.
4. A signature is accepted once. What proves nothing is refused whatever was asked for, so that nobody learns from the
   refusal what there is.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from federation.addresses import origin_of
from federation.known_keys import KnownKeys
from federation.receive import is_ours, verify_as_known
from federation.rules.keys import KeyRule
from federation.rules.signatures import SignatureRule
from federation.signatures import (
    Policy,
    Replays,
    SignatureClaim,
    SignedRequest,
    VerificationKey,
    VerifiedSignature,
    read_claims,
    verify_claim,
)
from federation.signatures.request import fields_of
from protocol.canonical import JsonObject, bytes_of_checked, parse_json
from protocol.errors import MalformedError
from protocol.keys import DID_PREFIX, DidKey, parse_did
from protocol.limits import MAX_OPERATION_BYTES, MAX_RECORD_DEPTH

INVITATION: Final = "Althing-Invitation"
POD_ACTOR: Final = "/actor"
_MAKER: Final = object()


class VerifiedPod:
    """A pod, by its own actor, whose URL is `actor`. Only `receive_reader` makes one.

    `key_sha256` is a hash of the public key that signed, whatever blanks its owner wrote in it.
    """

    __slots__ = ("actor", "key_sha256")

    def __init__(self, actor: str, key_text: str, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("Only federation.readers makes a VerifiedPod.")
        self.actor = actor
        self.key_sha256 = sha256("".join(key_text.split()).encode()).digest()


class VerifiedHolder:
    """The holder of `key`, and the invitation that they showed, unchecked. Only `receive_reader` makes one."""

    __slots__ = ("invitation", "key")

    def __init__(self, key: DidKey, invitation: JsonObject | None, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("Only federation.readers makes a VerifiedHolder.")
        self.key = key
        self.invitation = invitation


VerifiedReader = VerifiedPod | VerifiedHolder


async def receive_reader(
    request: SignedRequest, policy: Policy, keys: KnownKeys, replay: Replays, *, now: int
) -> VerifiedReader | None:
    """Who signed a GET; None if nobody did. Raises the refusal of the first check that fails. `now` in ms."""
    if "signature" not in fields_of(request):
        return None
    claim = read_claims(request, replace(policy, did_keys=True), now=now)[0]
    if claim.key_id.startswith(DID_PREFIX):
        signature = verify_claim(claim, _key_of_did(claim))
        await replay.admit(signature, now=now)
        return VerifiedHolder(DidKey(signature.owner), _invitation_of(request, signature), _MAKER)
    if is_ours(claim.key_id, policy):
        raise KeyRule.OUR_KEY.error()
    signature = await verify_as_known(claim, keys, now=now, asker=request.asker)
    if signature.owner != f"{origin_of(signature.owner).url}{POD_ACTOR}":
        raise KeyRule.NOT_A_PODS_KEY.error()
    await replay.admit(signature, now=now)
    return VerifiedPod(signature.owner, signature.key_text, _MAKER)


def invitation_field(invitation: JsonObject) -> str:
    """The value of the `Althing-Invitation` field."""
    return b64encode(bytes_of_checked(invitation)).decode("ascii")


def _key_of_did(claim: SignatureClaim) -> VerificationKey:
    try:
        key = parse_did(claim.key_id)
    except MalformedError as error:
        raise KeyRule.DID_NOT_ED25519.error() from error
    return VerificationKey(key, key, key.removeprefix(DID_PREFIX), key)


def _invitation_of(request: SignedRequest, signature: VerifiedSignature) -> JsonObject | None:
    lines = fields_of(request).get(INVITATION.lower(), [])
    if INVITATION.lower() not in signature.covered or len(lines) != 1:
        return None
    try:
        shown = b64decode(lines[0], validate=True)
        invitation = parse_json(shown, max_bytes=MAX_OPERATION_BYTES, max_depth=MAX_RECORD_DEPTH)
    except (Base64Error, ValueError, MalformedError) as error:
        raise SignatureRule.INVITATION_FIELD.error(field=INVITATION) from error
    return invitation if isinstance(invitation, dict) else None
