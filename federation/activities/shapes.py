"""The activities that this pod has a use for: a closed union; every other kind is `Ignored`."""

from __future__ import annotations

import msgspec

from protocol.canonical import JsonObject


class RecordActivity(msgspec.Struct, frozen=True):
    """An activity that carries a record."""

    id: str
    actor: str
    record: JsonObject


class Follow(msgspec.Struct, frozen=True):
    """`actor` asks to be told what `object` does; `reads`: as a pod, which wants the records themselves."""

    id: str
    actor: str
    object: str
    reads: bool = False


class Unfollow(msgspec.Struct, frozen=True):
    """An Undo of `actor`'s own Follow: of `object`, or (empty where it isn't told) of the Follow with this id."""

    id: str
    actor: str
    follow: str
    object: str


class Gone(msgspec.Struct, frozen=True):
    """An actor's Delete of itself."""

    id: str
    actor: str


class Ignored(msgspec.Struct, frozen=True):
    """An activity of a kind that this pod has no use for; answered like any other."""

    id: str
    actor: str


Activity = RecordActivity | Follow | Unfollow | Gone | Ignored
