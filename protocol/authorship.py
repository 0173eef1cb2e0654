"""Whether a member's record counts: who may write, by which key, judged in one state of the group.

A record is judged by the state before the first seal that covers it: a steward asks with its head before it logs, a
keeper with the parent's state before it confirms. Spec: protocol.md section 3, "The group log".
"""

from __future__ import annotations

from collections.abc import Collection

from protocol.errors import RefusedError
from protocol.keys import DidKey
from protocol.records.content import Authored, Unknown
from protocol.records.envelope import Record
from protocol.state import GroupState


class UnknownAuthorError(RefusedError):
    """The state doesn't know the record's author or key yet: it waits."""

    code = "unknown_author"
    en = "The group doesn't know this author yet; try again in a minute."
    sv = "Gruppen känner inte den här författaren än; försök igen om en minut."


class NotAuthorError(RefusedError):
    """The record isn't signed by the key that it names, or that key no longer writes."""

    code = "not_author"
    en = "This isn't signed by its author's present key."
    sv = "Det är inte signerat med sin författares nuvarande nyckel."


class MayNotWriteError(RefusedError):
    """The author has left or is black-listed."""

    code = "may_not_write"
    status = 403
    en = "You may not write here."
    sv = "Du får inte skriva här."


def authored_of(record: Record) -> Authored:
    """What a member's record says of its author; raises NotAuthorError for a record that names none."""
    content = record.content
    authored = content.authored if isinstance(content, Unknown) else content
    if not isinstance(authored, Authored):
        raise NotAuthorError(f"A {record.type} needs an author and a key.")
    return authored


def check_author(state: GroupState, record: Record) -> None:
    """Refuse a content record that doesn't count in `state`; UnknownAuthorError means: not yet."""
    authored = authored_of(record)
    check_standing(state, authored.author, authored.key, record.signers)


def check_logged(state: GroupState, author: int, key_index: int, signers: Collection[DidKey], *, index: int) -> None:
    """Refuse what can't stand at `index` of the log: only a key that its author had when it was logged has signed it.

    `state` may be any later one: whoever left, was black-listed or changed keys since wrote what the log holds. No
    signers: an erased record.
    """
    member = state.members.get(author)
    if member is None or key_index >= len(member.keys):
        raise UnknownAuthorError(f"Member {author} with key {key_index} is not known here.")
    key = member.keys[key_index]
    if key.until is not None and index >= key.until:
        raise NotAuthorError(f"Key {key_index} of member {author} was replaced before this.")
    if signers and key.did not in signers:
        raise NotAuthorError("The record is not signed by its author's key.")


def check_standing(state: GroupState, author: int, key_index: int, signers: Collection[DidKey]) -> None:
    """As `check_author`, from what a record says of its author and the keys that signed it.

    No signers: an erased record, whose proof was checked when it came and went with its text.
    """
    member = state.members.get(author)
    if member is None or key_index >= len(member.keys):
        raise UnknownAuthorError(f"Member {author} with key {key_index} is not known here yet.")
    if member.left or member.weight < 0:
        raise MayNotWriteError(f"Member {author} has left or is black-listed.")
    key = member.keys[key_index]
    if key.until is not None:
        raise NotAuthorError(f"Key {key_index} of member {author} was replaced.")
    if signers and key.did not in signers:
        raise NotAuthorError("The record is not signed by its author's key.")
