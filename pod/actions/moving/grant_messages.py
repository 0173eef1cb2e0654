"""What the new pod and the old one say to each other until a copy may be read, as JSON."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Final

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
RETURN_PATH: Final = "/move/return"  # of each pod; where a code goes to is never given


class AskingHome(msgspec.Struct, frozen=True):
    """The pod that asks: its URL and key, as groups name a home."""

    pod: str
    key: str


class WantedGrant(msgspec.Struct, frozen=True):
    """What a pod asks to read. `who`: a name at the asked pod, or the id of a personal group.

    `challenge`: the hash of a secret that the asking pod will show with the code (PKCE, S256). `state`: what comes back
    with the code, by which the asking pod knows the browser.
    """

    who: str
    home: AskingHome
    classes: list[str]
    challenge: str
    state: str
    standing: bool = False


class ConsentPage(msgspec.Struct, frozen=True):
    """Where the person agrees, and until when."""

    page: str
    expires_at: int


class ShownCode(msgspec.Struct, frozen=True):
    """A code, and the secret whose hash the request named."""

    code: str
    verifier: str


class GivenGrant(msgspec.Struct, frozen=True):
    """A grant: its secret name, and what it lets read. `expires_at`: None for a standing one."""

    grant: str
    group: str
    classes: list[str]
    private: bool
    expires_at: int | None = None


class ClassPage(msgspec.Struct, frozen=True):
    """Lines of a class, and the cursor with which the next page begins; None: this is the last one."""

    lines: list[msgspec.Raw]
    next: str | None = None


class LeftBehind(msgspec.Struct, frozen=True):
    """What a move ends or waits for, as the old pod counts it.

    `private`: groups whose words weren't ticked; `invitations`: open links, which end; `joins`: under way, waited for;
    `seats`: groups that the person keeps, which move by a handover.
    """

    private: Count = 0
    invitations: Count = 0
    joins: Count = 0
    seats: Count = 0


def challenge_of(verifier: str) -> str:
    """The hash that a request names of its secret (RFC 7636, S256)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def challenge_fits(challenge: str, verifier: str) -> bool:
    """Whether this is the secret whose hash a request named."""
    return hmac.compare_digest(challenge.encode(), challenge_of(verifier).encode())
