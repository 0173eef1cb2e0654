"""What a pod signs with, and people's seeds sealed under a key that lies outside the database.

A copy of the database opens nothing: seeds and actor keys in it are ChaCha20-Poly1305 boxes, bound to what they
belong to. The key file holds 32 random bytes; from them the sealing key and the pod's protocol key are derived. A pod
restored from a backup draws a new protocol key: seats under the former ones never sign again.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pod.clock import random_bytes
from protocol.keys import PrivateKey

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyringError(Exception):
    """The key file is missing, or can't decrypt what the database holds."""


class Keyring:
    """The pod's protocol key, its `former` keys, and `seal`/`unseal` for secrets in the database.

    `forms` is the key of the tokens that prove that this pod made a form. `keyed` hashes secrets too short for a plain
    hash: codes of eight digits, words of a list.
    """

    def __init__(self, secret: bytes, renewals: bytes = b"") -> None:
        if len(secret) != KEY_BYTES or len(renewals) % KEY_BYTES:
            raise KeyringError(f"A key file holds {KEY_BYTES} bytes a key, not {len(secret)} and {len(renewals)}.")
        drawn = (renewals[start : start + KEY_BYTES] for start in range(0, len(renewals), KEY_BYTES))
        *former, self.pod_key = map(PrivateKey.from_seed, (_derived(secret, b"althing/pod/protocol"), *drawn))
        self.former = tuple(former)
        self._box = ChaCha20Poly1305(_derived(secret, b"althing/pod/seal"))
        self.forms = _derived(secret, b"althing/pod/forms")
        self._codes = _derived(secret, b"althing/pod/codes")

    def keyed(self, purpose: str, text: str) -> bytes:
        """A hash of `text` that nobody can compute, or guess by trying, without the key file."""
        return hmac.digest(self._codes, f"{purpose}/{text}".encode(), "sha256")

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Encrypt for one purpose, e.g. `seed/ada`; only the same purpose decrypts it."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + self._box.encrypt(nonce, plain, purpose.encode())

    def unseal(self, box: bytes, purpose: str) -> bytes:
        """Decrypt what `seal` encrypted; raises KeyringError if the key or the purpose is another one."""
        try:
            return self._box.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], purpose.encode())
        except InvalidTag as error:
            raise KeyringError("This key file doesn't open what the database holds.") from error


def _derived(secret: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)


def create_key_file(path: Path) -> None:
    """Write a new key file that only its owner can read; an existing one is never replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(random_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def renewals_file(path: Path) -> Path:
    """The path of the file with the protocol keys that were made after restores."""
    return path.with_name("renewed.keys")


def renew_pod_key(path: Path) -> None:
    """Make a new protocol key in a file beside the key file; the file is written whole or not at all."""
    target = renewals_file(path)
    drawn = target.read_bytes() if target.exists() else b""
    fresh = target.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(drawn + random_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def open_keyring(path: Path) -> Keyring:
    """The keyring of a key file; raises KeyringError if the file is missing."""
    renewals = renewals_file(path)
    try:
        return Keyring(path.read_bytes(), renewals.read_bytes() if renewals.exists() else b"")
    except OSError as error:
        raise KeyringError(f"The key file {path} can't be read: {error.strerror}.") from error
