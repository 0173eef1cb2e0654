"""Signatures that cost nothing, for thousands of histories: whoever could forge them isn't in the simulation."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest

from protocol import proofs
from protocol.keys import DidKey

# Zeros are quick to write in base58, and a proof has 64 bytes.
PADDING = bytes(32)


def _by(key: DidKey, message: bytes) -> bytes:
    return PADDING + sha256(key.encode() + message).digest()


QUICK = proofs.Suite(
    sign=lambda key, message: _by(key.did, message),
    verify=lambda key, message, signature: signature == _by(key, message),
)


@contextmanager
def quick_signatures() -> Iterator[None]:
    """Ed25519 gives way to a hash for a while; everything else of a proof stays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proofs, "SUITES", {proofs.EDDSA_JCS_2022: QUICK})
        yield
