"""Signed requests as they come over the wire, and the keys that sign them; the keys are made once per run."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.signatures import Policy, Scheme, SignedRequest, SigningKey, VerificationKey, sign
from federation.signatures.keys import ed25519_signing_key, load_key, rsa_public_pem, rsa_signing_key
from protocol.keys import DID_PREFIX, PrivateKey

ALICE: Final = "https://pod.example/u/alice"
RSA_ID: Final = f"{ALICE}#main-key"
ED25519_ID: Final = f"{ALICE}#ed25519-key"
HOST: Final = "mastodon.example"
POLICY: Final = Policy(frozenset({HOST}))
NOW: Final = 1_618_884_475_000  # 2021-04-20T02:07:55Z
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
BODY: Final = b'{"type":"Follow","actor":"https://pod.example/u/alice"}'


@cache
def rsa_pem() -> bytes:
    """A fresh RSA-2048 key of this run."""
    private = generate_private_key(public_exponent=65537, key_size=2048)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def rsa_keys() -> tuple[SigningKey, VerificationKey]:
    return rsa_signing_key(RSA_ID, rsa_pem()), load_key(RSA_ID, ALICE, rsa_public_pem(rsa_pem()))


@cache
def ed25519_keys() -> tuple[SigningKey, VerificationKey]:
    private = PrivateKey.from_seed(b"alice's key, for tests and no more"[:32])
    public = load_key(ED25519_ID, ALICE, private.did.removeprefix(DID_PREFIX))
    return ed25519_signing_key(ED25519_ID, private), public


def a_request(
    method: str = "POST",
    target: str = "/users/bob/inbox",
    *,
    authority: str = HOST,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> SignedRequest:
    """A delivery to bob; a GET has no body and no content type."""
    if body is None:
        body = BODY if method == "POST" else b""
    typed = {"Content-Type": "application/activity+json"} if body else {}
    fields = {"Host": authority, **typed, **(headers or {})}
    return SignedRequest(method, target, authority, "https", tuple(fields.items()), body)


def with_fields(request: SignedRequest, added: Mapping[str, str], *, drop: str = "") -> SignedRequest:
    """The request with more header fields, and without one."""
    kept = tuple((name, value) for name, value in request.headers if name.lower() != drop.lower())
    return changed(request, headers=(*kept, *added.items()))


def changed(request: SignedRequest, **members: object) -> SignedRequest:
    """The request with other members."""
    return SignedRequest(**{name: getattr(request, name) for name in request.__struct_fields__} | members)


def signed(
    request: SignedRequest, key: SigningKey | None = None, *, scheme: Scheme = "cavage", now: int = NOW
) -> SignedRequest:
    """The request with our own signature on it."""
    return with_fields(request, sign(request, key or rsa_keys()[0], scheme=scheme, now=now))


def http_date(now: int) -> str:
    return formatdate(now // 1000, usegmt=True)


def milliseconds(text: str) -> int:
    """Of a moment in ISO 8601."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1000
