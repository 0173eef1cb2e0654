"""What of a group's log a count looks at: ballots that fit, lists of delegates, and who declared to be one.

Rules of this file (decisions §1):

1. A ballot that doesn't fit its poll or is of another round, what its author lacks the capability for, and whatever a
   quarantined key signed, is no entry.
2. Quarantined is a key that a recovery put in its place after the poll was opened: who stole an account's recovery
   can't vote with it in what was open already.
3. A list of delegates carries when it was sealed, by which it lapses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import msgspec

from decisions.ballots import fits
from decisions.count import InLog, Said
from decisions.delegate_lists import DelegateList
from decisions.delegate_lock import EntryKind, PollEntry
from decisions.proposals import May
from protocol.ids import RecordId
from protocol.records.content import Ballot, Delegate, Delegation, Poll
from protocol.state import GroupState


class Logged(msgspec.Struct, frozen=True, gc=False):
    """A record that stands in the log, with its place there. All of one count have ids, or all have an id's bytes."""

    index: int
    id: RecordId | bytes
    content: Ballot | Delegate | Delegation


@dataclass(frozen=True, slots=True)
class PollReading:
    """How entries are read: for which round of a poll and options, who may what, and which keys and times count.

    `opened`: the height of the item that opened the poll; `keys`: any later state of the group; `sealed_at`: by index
    of an entry, when it was sealed (ms), or any time on the same side of the day on which delegations lapse.
    """

    poll: Poll
    round: int
    options: Collection[str]
    may: May
    opened: int
    keys: GroupState
    sealed_at: Callable[[int], int]


def entries_of(reading: PollReading, logged: Iterable[Logged]) -> list[PollEntry[Said]]:
    """The entries, in the order given."""
    found = (_entry(reading, one) for one in logged if not is_quarantined(reading, one.content.author, one.content.key))
    return [entry for entry in found if entry is not None]


def is_quarantined(reading: PollReading, author: int, key: int) -> bool:
    """Rule 2."""
    member = reading.keys.members.get(author)
    if member is None or key >= len(member.keys):
        return False
    signing = member.keys[key]
    return signing.by_recovery and signing.height > reading.opened


def _entry(reading: PollReading, logged: Logged) -> PollEntry[Said] | None:
    said = logged.content
    rank = (said.key, said.counter, logged.id)
    match said:
        case Ballot():
            if said.round != reading.round or not fits(reading.poll, reading.options, said):
                return None
            ballot = None if said.withdraw else InLog(logged.index, said)
            return PollEntry(logged.index, said.author, EntryKind.BALLOT, "", rank, ballot)
        case Delegate():
            if said.declared and not reading.may("be_delegate", said.author):
                return None
            return PollEntry(
                logged.index, said.author, EntryKind.DECLARATION, "", rank, True if said.declared else None
            )
        case Delegation():
            if said.delegates and not reading.may("delegate", said.author):
                return None
            listed = DelegateList(said.delegates, reading.sealed_at(logged.index), said.expires)
            return PollEntry(logged.index, said.author, EntryKind.DELEGATION, said.scope, rank, listed)
