"""Keys of ActivityPub actors: made at random, sealed for one actor each, and never used on a record."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.signatures import SigningKey
from federation.signatures.keys import rsa_public_pem, rsa_signing_key
from models.fediverse.actor_keys import StoredActorKeys
from pod.clock import random_bytes
from pod.keyring import Keyring
from protocol.keys import DID_PREFIX, PrivateKey

RSA_BITS = 2048
MAIN_KEY = "main-key"
ED25519_KEY = "ed25519-key"


def make_keys(keyring: Keyring, path: str, *, now: int) -> StoredActorKeys:
    """Make two keys for the actor at `path`; the RSA key takes 20 to 200 ms, so call this in a thread."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    seed = random_bytes(32)
    return StoredActorKeys(
        path=path,
        rsa_sealed=keyring.seal(pem, f"{path}#{MAIN_KEY}"),
        rsa_public=rsa_public_pem(pem),
        ed25519_sealed=keyring.seal(seed, f"{path}#{ED25519_KEY}"),
        ed25519_public=PrivateKey.from_seed(seed).did.removeprefix(DID_PREFIX),
        made_at=now,
    )


def open_rsa_key(keyring: Keyring, keys: StoredActorKeys, actor: str) -> SigningKey:
    """The RSA key of `actor`, ready to sign requests; raises KeyringError if the keyring can't decrypt it."""
    return rsa_signing_key(f"{actor}#{MAIN_KEY}", keyring.unseal(keys.rsa_sealed, f"{keys.path}#{MAIN_KEY}"))
