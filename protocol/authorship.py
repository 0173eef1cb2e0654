"""Whether a member's record counts: who may write, by which key, judged in one state of the group.

A record is judged by the state before the first seal that covers it: a steward asks with its head before it logs, a
keeper with the parent's state before it confirms. Spec: protocol.md section 3, "The group log".
"""

from __future__ import annotations

from collections.abc import Collection

from protocol.keys import DidKey
from protocol.records.content import Authored, Unknown
from protocol.records.envelope import Record
from protocol.rules.authors import AuthorRule
from protocol.state import GroupState


def authored_of(record: Record) -> Authored:
    """What a member's record says of its author; raises NotAuthorError if it names none."""
    content = record.content
    authored = content.authored if isinstance(content, Unknown) else content
    if not isinstance(authored, Authored):
        raise AuthorRule.NO_AUTHOR.error(type=record.type)
    return authored


def check_author(state: GroupState, record: Record) -> None:
    """Refuse a content record that doesn't count in `state`; UnknownAuthorError for an unknown author or key."""
    authored = authored_of(record)
    check_standing(state, authored.author, authored.key, record.signers)


def check_logged(state: GroupState, author: int, key_index: int, signers: Collection[DidKey], *, index: int) -> None:
    """Refuse an entry at `index` of the log unless its author's key was valid at that index and signed it.

    `state` may be any later state: the log keeps what members wrote before they left, were black-listed or changed
    keys. `signers` is empty for an erased record.
    """
    member = state.members.get(author)
    if member is None or key_index >= len(member.keys):
        raise AuthorRule.NOT_KNOWN.error(author=author, key=key_index)
    key = member.keys[key_index]
    if key.until is not None and index >= key.until:
        raise AuthorRule.REPLACED_BEFORE.error(key=key_index, author=author)
    if signers and key.did not in signers:
        raise AuthorRule.OTHER_SIGNER.error()


def check_standing(state: GroupState, author: int, key_index: int, signers: Collection[DidKey]) -> None:
    """As `check_author`, given what the record says of its author, and the keys that signed it.

    `signers` is empty for an erased record: its proof was checked when it came, and was erased with its text.
    """
    member = state.members.get(author)
    if member is None or key_index >= len(member.keys):
        raise AuthorRule.NOT_KNOWN_YET.error(author=author, key=key_index)
    if member.left or member.weight < 0:
        raise AuthorRule.LEFT_OR_BLACKLISTED.error(author=author)
    key = member.keys[key_index]
    if key.until is not None:
        raise AuthorRule.REPLACED.error(key=key_index, author=author)
    if signers and key.did not in signers:
        raise AuthorRule.OTHER_SIGNER.error()
