"""Commitments and salts with nothing but hashes (RFC 5869, and RFC 8785 for ASCII and integers)."""

import hmac
import json
from hashlib import sha256


def commitment(author: int, kind: str, poll: str, salt: str, value: object) -> str:
    hidden = {"author": author, "kind": kind, "poll": poll, "salt": salt, "value": value}
    return sha256(json.dumps(hidden, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def salt(seed: bytes, poll: str, counter: int) -> str:
    drawn = hmac.digest(bytes(32), seed, "sha256")
    return hmac.digest(drawn, f"sealed{poll}{counter}".encode() + b"\x01", "sha256").hex()
