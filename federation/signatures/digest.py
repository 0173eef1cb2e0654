"""A body has one digest: SHA-256 over the bytes as they came, in the old Digest field or in Content-Digest.

Rules of this file (federation §2.15):

1. A digest field without SHA-256 proves nothing.
2. Every digest in the field that we can compute must be the body's; two that disagree are refused thereby.
3. Of one algorithm there is one digest.
"""

import hashlib
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from hmac import compare_digest
from typing import Any, Final, NoReturn

import http_sf

from federation.rules.signatures import SignatureRule
from federation.signatures.plain_fields import read_plain

_HASHES: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def digest_of(body: bytes) -> str:
    """The value of the Digest field (RFC 3230), for draft-cavage."""
    return f"SHA-256={b64encode(hashlib.sha256(body).digest()).decode('ascii')}"


def content_digest_of(body: bytes) -> str:
    """The value of the Content-Digest field (RFC 9530), for RFC 9421."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode('ascii')}:"


def check_digest(value: str, body: bytes) -> None:
    """Refuse a body that doesn't match this Digest field."""
    if value == digest_of(body):
        return
    digests: dict[str, bytes] = {}
    for part in value.split(","):
        name, equals, encoded = part.strip(" \t").partition("=")
        name = name.lower()
        if not equals or name in digests:
            raise SignatureRule.DIGEST_FORM.error()
        digests[name] = _decode(encoded) if name in _HASHES else b""
    _check(digests, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Refuse a body that doesn't match this Content-Digest field."""
    if value == content_digest_of(body):
        return
    members = read_plain(value) or _parse(value)
    digests: dict[str, bytes] = {}
    for name, member in members.items() if isinstance(members, dict) else ():
        digest = member[0] if isinstance(member, tuple) else None
        if not isinstance(digest, bytes):
            raise SignatureRule.DIGEST_NOT_BYTES.error()
        digests[name] = digest
    _check(digests, body)


def _parse(value: str) -> Any:
    try:
        return http_sf.parse(value.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_duplicate)
    except (ValueError, UnicodeEncodeError) as error:
        raise SignatureRule.CONTENT_DIGEST_FORM.error() from error


def _check(digests: dict[str, bytes], body: bytes) -> None:
    if "sha-256" not in digests:
        raise SignatureRule.NO_SHA256.error()
    for name, digest in digests.items():
        compute = _HASHES.get(name)
        if compute is not None and not compare_digest(compute(body).digest(), digest):
            raise SignatureRule.OTHER_BODY.error()


def _decode(encoded: str) -> bytes:
    try:
        return a2b_base64(encoded, strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise SignatureRule.DIGEST_NOT_BASE64.error() from error


def _refuse_duplicate(name: str, _context: str) -> NoReturn:
    raise SignatureRule.DIGEST_TWICE.error(name=name)
