"""HTTP signatures in both forms of the fediverse; pure: request, key and time in, claim or refusal out.

Receiving takes two steps, because the key has to be fetched in between: `read_claims` refuses everything that
can be refused without a key (and without any request to elsewhere), `verify_claim` does the arithmetic.
"""

from federation.rules.keys import KeyRule
from federation.rules.signatures import SignatureRule
from federation.signatures import cavage, rfc9421
from federation.signatures.keys import SigningKey, VerificationKey, verify_with
from federation.signatures.replay import Replays, replay_mark
from federation.signatures.request import (
    Policy,
    Scheme,
    SignatureClaim,
    SignedRequest,
    VerifiedSignature,
    fields_of,
)

__all__ = [
    "Policy",
    "Replays",
    "Scheme",
    "SignatureClaim",
    "SignedRequest",
    "SigningKey",
    "VerificationKey",
    "VerifiedSignature",
    "read_claims",
    "replay_mark",
    "sign",
    "sign_once",
    "verify_claim",
]


def read_claims(request: SignedRequest, policy: Policy, *, now: int) -> tuple[SignatureClaim, ...]:
    """The request's well-formed, fresh signatures that cover enough; at least one, else a refusal is raised."""
    fields = fields_of(request)
    if "signature" not in fields:
        raise SignatureRule.NOT_SIGNED.error()
    if "signature-input" in fields:
        return rfc9421.read_claims(request, fields, policy, now=now)
    return (cavage.read_claim(request, fields, policy, now=now),)


def verify_claim(claim: SignatureClaim, key: VerificationKey) -> VerifiedSignature:
    """Refuse a claim that this key didn't sign."""
    if claim.key_id != key.key_id:
        raise KeyRule.OTHER_KEY_NAMED.error()
    fits_key = cavage.fits_key if claim.scheme == "cavage" else rfc9421.fits_key
    if not fits_key(claim.algorithm, key.kind):
        raise SignatureRule.ALGORITHM_OF_OTHER_KEY.error()
    if not any(verify_with(key, base, claim.signature) for base in claim.bases):
        raise SignatureRule.NOT_BY_THIS_KEY.error()
    return VerifiedSignature(
        scheme=claim.scheme,
        key_id=key.key_id,
        owner=key.owner,
        signature=claim.signature,
        covered=claim.covered,
        until=claim.until,
        key_text=key.text,
    )


def sign(request: SignedRequest, key: SigningKey, *, scheme: Scheme, now: int) -> dict[str, str]:
    """The header fields that sign `request`; in one form only, because both forms use the name Signature."""
    signer = cavage.sign if scheme == "cavage" else rfc9421.sign
    return signer(request, key, now=now)


def sign_once(request: SignedRequest, key: SigningKey, *, nonce: str, now: int) -> dict[str, str]:
    """As `sign` under RFC 9421, with a nonce, for a request that is answered only once."""
    return rfc9421.sign(request, key, now=now, nonce=nonce)
