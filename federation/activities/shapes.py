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
    """`actor` asks for the activities of `object`; `reads`: the actor is a pod and asks for the records themselves."""

    id: str
    actor: str
    object: str
    reads: bool = False


class Unfollow(msgspec.Struct, frozen=True):
    """An Undo of the actor's own Follow: of `object`, or, if that is empty, of the Follow with this id."""

    id: str
    actor: str
    follow: str
    object: str


class Gone(msgspec.Struct, frozen=True):
    """An actor's Delete of itself."""

    id: str
    actor: str


class Moved(msgspec.Struct, frozen=True):
    """An actor says that it is `target` now; `group`: the personal group of both, if it says that it has one."""

    id: str
    actor: str
    target: str
    group: str


class Ignored(msgspec.Struct, frozen=True):
    """An activity of a kind that this pod doesn't use; the answer is the same as for others."""

    id: str
    actor: str


Activity = RecordActivity | Follow | Unfollow | Gone | Moved | Ignored
