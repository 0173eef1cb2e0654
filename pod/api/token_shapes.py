"""The shapes of bodies and answers about API tokens; what they don't know is refused."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.limits import MAX_NAME_LENGTH

TokenName = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]


class TokenWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the token is to be called; `decide`: it may vote and delegate after a proof, if the asking one may."""

    name: TokenName
    decide: bool = False


class ProofWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code of the authenticator app where there is one, else a mailed one; or an operator's sign-in `link`."""

    code: Annotated[str, Meta(max_length=40)] = ""
    link: Annotated[str, Meta(max_length=1000)] = ""


class Proved(msgspec.Struct, frozen=True):
    """When the token's owner was last known to be there (ms)."""

    proved_at: int


class TokenLine(msgspec.Struct, frozen=True):
    """A token, without the token."""

    name: str
    created: int
    revoked: int | None
    decides: bool


class Tokens(msgspec.Struct, frozen=True):
    """The account's tokens, the latest first."""

    tokens: tuple[TokenLine, ...]


class NewToken(msgspec.Struct, frozen=True):
    """A token, shown this once."""

    name: str
    token: str
