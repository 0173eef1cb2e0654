"""The shapes that the routes of recovery take and answer."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from protocol.limits import MAX_INTEGER
from protocol.records.content.shapes import Id, Url


class Whereabouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group of the recovery kit, the URL of a pod that holds it, and `recovery` of `/api/v1/me` if it is private."""

    group: Id
    pod: Url
    recovery: Annotated[int, Meta(ge=0, le=MAX_INTEGER)] | None = None


class RecoveryWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name that the account has here, the 24 words, and groups that the kit names."""

    name: str
    phrase: str
    groups: Annotated[tuple[Whereabouts, ...], Meta(max_length=100)] = ()


class GroupRecoveryWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The 24 words of a keeper; `keepers` to be (by number), or the draft to sign, as another pod gave it."""

    phrase: str
    keepers: tuple[int, ...] | None = None
    handover: dict[str, Any] | None = None


class PhraseWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The 24 words."""

    phrase: str


class KeysLeft(msgspec.Struct, frozen=True):
    """How many recovery keys are unused."""

    recovery_keys_left: int
