"""The RSA key that this pod's actors sign HTTP requests with, sealed in a file beside the pod's key."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.signatures.keys import rsa_public_pem
from pod.keyring import Keyring

RSA_BITS = 2048
PURPOSE = "actor/rsa"


def actor_key_file(key_file: Path) -> Path:
    """Where the sealed actor key lies."""
    return key_file.with_name("actor.key")


def create_actor_key(key_file: Path, keyring: Keyring) -> None:
    """Make the actor key and seal it; called once, by `pod init`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    actor_key_file(key_file).write_bytes(keyring.seal(pem, PURPOSE))


def open_actor_key(key_file: Path, keyring: Keyring) -> bytes:
    """The actor key as PEM; raises KeyringError when the keyring doesn't open it."""
    return keyring.unseal(actor_key_file(key_file).read_bytes(), PURPOSE)


def public_pem(private_pem: bytes) -> str:
    """The `publicKeyPem` that actor documents show."""
    return rsa_public_pem(private_pem)
