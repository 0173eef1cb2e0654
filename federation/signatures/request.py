"""A request as its signature sees it, what a signature claims, and the rules that hold for both forms of it.

Rules of this file (federation §2.17, §2.18):

1. The authority a request was signed for is one of ours.
2. A signature lives for an hour, or until its own `expires`, but at most for twelve hours.
3. A signature made more than five minutes from now is refused.

Times are milliseconds since 1970; `created` and `expires` of the wire are seconds.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from federation.addresses import normal_authority
from federation.errors import (
    UnsafeAddressError,
)
from federation.rules.signatures import SignatureRule

PAST_MS: Final = 60 * 60 * 1000
FUTURE_MS: Final = 5 * 60 * 1000
MAX_LIFE_MS: Final = 12 * 60 * 60 * 1000

MAX_SIGNATURE_BYTES: Final = 1024  # RSA-8192
MAX_COVERED: Final = 32
MAX_FIELD_LENGTH: Final = 4096  # for Signature and Signature-Input; an honest one has about 600 characters
BODYLESS: Final = frozenset({"GET", "HEAD"})
# Fields that count only if they are signed (FEP-8fcf; protocol §5.3), so they are always covered.
SIGNED_IF_SENT: Final = ("content-type", "collection-synchronization", "althing-group", "althing-invitation")

_USUAL: Final = frozenset({"date", "digest", "content-digest", "content-type", "althing-group"})
_FIELD_NAME: Final = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_FIELD_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")

Scheme = Literal["cavage", "rfc9421"]


class SignedRequest(msgspec.Struct, frozen=True):
    """An HTTP request: one of ours to be sent, or one that came in.

    `target`: path and query as in the request line. `authority`: the Host field. `headers`: all field lines in order.
    `body`: as it was sent, before any decoding. `asker`: the address by which its costs are counted.
    """

    method: str
    target: str
    authority: str
    scheme: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    asker: str = ""


class Policy(msgspec.Struct, frozen=True):
    """What this pod demands; `authorities`: its own, in the form of `normal_authority`.

    `target_optional_for`: hosts (of key ids) whose software signs a digest, but not the request target. `did_keys`: a
    key id may also be a did:key, which is the key itself and belongs to no actor (ADR 0025).
    """

    authorities: frozenset[str]
    target_optional_for: frozenset[str] = frozenset()
    did_keys: bool = False


class SignatureClaim(msgspec.Struct, frozen=True):
    """A well-formed, fresh signature that covers enough; only the key can show whether it is true.

    `bases`: the byte strings that it may sign, the most likely first. `until`: when it expires.
    """

    scheme: Scheme
    key_id: str
    algorithm: str | None
    signature: bytes
    bases: tuple[bytes, ...]
    covered: frozenset[str]
    until: int


class VerifiedSignature(msgspec.Struct, frozen=True):
    """The key that signed a received request; `signature` and `until` are for the replay check.

    `key_text`: the public key, as its owner wrote it.
    """

    scheme: Scheme
    key_id: str
    owner: str
    signature: bytes
    covered: frozenset[str]
    until: int
    key_text: str


Fields = dict[str, list[str]]


def fields_of(request: SignedRequest) -> Fields:
    """Header fields by lower-case name; lines of the same field in the order in which they came."""
    fields: Fields = {}
    for name, value in request.headers:
        fields.setdefault(name.lower(), []).append(value.strip(" \t"))
    return fields


def needs_digest(request: SignedRequest) -> bool:
    """Whether the signature must cover a body's digest; always, unless there is no body and the method needs none."""
    return request.method not in BODYLESS or bool(request.body)


def check_authority(request: SignedRequest, fields: Fields, policy: Policy) -> str:
    """Refuse a request for another server; returns the normalised authority."""
    if any(host != request.authority for host in fields.get("host", ())):
        raise SignatureRule.TWO_HOSTS.error()
    try:
        authority = normal_authority(request.authority, request.scheme)
    except UnsafeAddressError as error:
        raise SignatureRule.NO_HOST.error() from error
    if authority not in policy.authorities:
        raise SignatureRule.OTHER_SERVER.error()
    return authority


def check_window(created_at: int, expires_at: int | None, now: int) -> int:
    """Refuse a signature that is too old, too new or expired; returns when it expires."""
    if created_at > now + FUTURE_MS:
        raise SignatureRule.OF_THE_FUTURE.error()
    until = created_at + PAST_MS if expires_at is None else min(expires_at, created_at + MAX_LIFE_MS)
    if until < now:
        raise SignatureRule.EXPIRED.error()
    return until


def check_key_id(key_id: str, *, did_keys: bool = False) -> str:
    """Refuse a key id that isn't an https URL: `acct:` names have led to other people's keys (federation §2.2)."""
    if did_keys and key_id.startswith("did:key:") and len(key_id) <= 2048:
        return key_id
    if not key_id.startswith(("https://", "http://")) or len(key_id) > 2048:
        raise SignatureRule.KEY_ID_NO_URL.error()
    return key_id


def is_field_name(name: str) -> bool:
    """Whether `name` is a lower-case field name."""
    return name in _USUAL or _FIELD_NAME.fullmatch(name) is not None


def check_field_value(name: str, value: str) -> str:
    """Refuse a value that isn't printable ASCII, because it could fake another line of the signing string."""
    if not (value.isascii() and value.isprintable()) and not _FIELD_VALUE.fullmatch(value):
        raise SignatureRule.FOREIGN_CHARACTERS.error(name=name)
    return value
