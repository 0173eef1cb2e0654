"""What a delivery's answer means: taken, refused for good, or to be tried again, when, and signed how. Pure.

Rules of this file (federation §1.3, §4 G4):

1. A status of 4xx is final, except 408, 421, 425 and 429. Everything else may pass, and is tried again.
2. The pause doubles from 2 seconds up to 6 hours, half to one and a half times as long by chance, so that hosts
   which failed together don't come back together. A longer Retry-After is honoured, up to 6 hours.
3. What has waited for 7 days when its host fails again is given up.
4. A host of which nothing is known gets draft-cavage, and on 400, 401 or 403 the same delivery under RFC 9421. What
   it took is remembered for 30 days, and then only a 401 has the other scheme tried.
"""

from __future__ import annotations

from typing import Final

import msgspec

from federation.errors import RemoteError, Sentences, sentences_of
from federation.signatures import Scheme
from protocol.errors import RefusedError

FIRST_PAUSE_MS: Final = 2_000
LONGEST_PAUSE_MS: Final = 6 * 3600 * 1000
OLDEST_MS: Final = 7 * 24 * 3600 * 1000
SCHEME_LIFE_MS: Final = 30 * 24 * 3600 * 1000

UNAUTHORIZED: Final = 401
_PASSING: Final = frozenset({408, 421, 425, 429})
_KNOCK_AGAIN: Final = frozenset({400, UNAUTHORIZED, 403})


class DeliveryTaken(msgspec.Struct, frozen=True):
    """The host took it, signed in this scheme."""

    scheme: Scheme


class GivenUp(msgspec.Struct, frozen=True):
    """The host refused it and would refuse it again."""

    error: Sentences


class Postponed(msgspec.Struct, frozen=True):
    """The host couldn't take it now; it may have said when to try again."""

    error: Sentences
    retry_after_seconds: int | None = None


Outcome = DeliveryTaken | GivenUp | Postponed


def outcome_of(error: RemoteError | RefusedError) -> GivenUp | Postponed:
    """The outcome of a failed delivery (rule 1). A forbidden address counts as postponed: the name may change."""
    if isinstance(error, RefusedError):
        return Postponed(sentences_of(error))
    if error.status is not None and 400 <= error.status < 500 and error.status not in _PASSING:
        return GivenUp(sentences_of(error))
    return Postponed(sentences_of(error), error.retry_after_seconds)


def kept_error(error: Sentences) -> str:
    """An error as the host's row keeps it."""
    return msgspec.json.encode(error).decode()


def error_in(kept: str | None) -> Sentences | None:
    """The error that a host's row keeps; before there were two languages, it was one sentence."""
    if kept is None:
        return None
    try:
        return msgspec.json.decode(kept, type=Sentences)
    except msgspec.DecodeError:
        return Sentences(kept, kept)


def pause_ms(failures: int, retry_after_seconds: int | None, *, chance: float) -> int:
    """How long to wait before the next try, by the failures in a row (rule 2); `chance`: from 0 to 1."""
    pause = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** min(max(failures - 1, 0), 20))
    wished = min(LONGEST_PAUSE_MS, 1000 * (retry_after_seconds or 0))
    return max(int(pause * (0.5 + chance)), wished)


def first_scheme(remembered: str | None) -> Scheme:
    """The scheme to sign with (rule 4)."""
    return "rfc9421" if remembered == "rfc9421" else "cavage"


def other_scheme(scheme: Scheme) -> Scheme:
    """The other scheme, for the second try."""
    return "rfc9421" if scheme == "cavage" else "cavage"


def knocks_again(error: RemoteError | RefusedError, *, remembered: bool) -> bool:
    """Whether to try the other scheme, because the host may have refused only the scheme (rule 4)."""
    if isinstance(error, RefusedError):
        return False
    return error.status == UNAUTHORIZED if remembered else error.status in _KNOCK_AGAIN
