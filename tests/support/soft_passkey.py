"""A passkey in software: makes credentials and answers challenges as a device does (WebAuthn, attestation `none`)."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class SoftPasskey:
    """One credential; `checked` False answers without having checked its owner, `counts` False as most phones do."""

    def __init__(self, origin: str, *, checked: bool = True, counts: bool = True) -> None:
        self.origin = origin
        self.checked = checked
        self.counts = counts
        self.uses = 0
        self.id = os.urandom(16)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: str) -> str:
        """The answer to creation options."""
        asked = json.loads(options)
        numbers = self._key.public_key().public_numbers()
        x, y = (value.to_bytes(32, "big") for value in (numbers.x, numbers.y))
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        device = self._device(asked["rp"]["id"], ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": device})
        client = self._client("webauthn.create", asked["challenge"])
        return self._told({"clientDataJSON": text(client), "attestationObject": text(attestation)})

    def show(self, options: str) -> str:
        """The answer to request options."""
        asked = json.loads(options)
        self.uses += self.counts
        device = self._device(asked["rpId"], 0)
        client = self._client("webauthn.get", asked["challenge"])
        signature = self._key.sign(device + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._told(
            {"clientDataJSON": text(client), "authenticatorData": text(device), "signature": text(signature)}
        )

    def _device(self, host: str, more: int) -> bytes:
        flags = PRESENT | (VERIFIED if self.checked else 0) | more
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _told(self, response: dict[str, Any]) -> str:
        return json.dumps({"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response})
