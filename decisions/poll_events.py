"""The ordered events of polls: what opens one, brings the end of a phase nearer, voids votes, or says that it is wrong.

Each is an operation that the chain has applied (protocol §3, event); what its document lacks makes it an event of
nothing. `void` is signed with the author's recovery key, which the chain has checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from protocol.errors import MalformedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_INTEGER
from protocol.records.operation import VOID, Event, Operation

OPEN_POLL: Final = "open-poll"
FAST_FORWARD: Final = "fast-forward"
AUDIT: Final = "audit"
NAMES: Final = (OPEN_POLL, FAST_FORWARD, VOID, AUDIT)
MAX_REASON: Final = 2000


class PollEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event about `poll` by a member.

    `target`: of a fast-forward, the end (ms) to bring here. `reason` and `group`: of an audit, what is wrong with the
    poll, and whose poll it is.
    """

    name: str
    poll: RecordId
    author: int
    target: int = 0
    group: RecordId | None = None
    reason: str = ""


def poll_event(operation: Operation) -> PollEvent | None:
    """What an applied operation says of a poll; None if it is no such event, or lacks a part."""
    wish = operation.wish
    if not isinstance(wish, Event) or wish.name not in NAMES:
        return None
    try:
        poll = parse_id(wish.document.get("poll"))
        return _READ[wish.name](PollEvent(wish.name, poll, operation.author), wish.document)
    except MalformedError:
        return None


def _plain(event: PollEvent, _: Mapping[str, Any]) -> PollEvent | None:
    return event


def _forward(event: PollEvent, document: Mapping[str, Any]) -> PollEvent | None:
    target = document.get("target")
    if type(target) is not int or not 0 < target <= MAX_INTEGER:
        return None
    return msgspec.structs.replace(event, target=target)


def _audit(event: PollEvent, document: Mapping[str, Any]) -> PollEvent | None:
    reason, group = document.get("reason"), parse_id(document.get("group"))
    if type(reason) is not str or not 0 < len(reason) <= MAX_REASON:
        return None
    return msgspec.structs.replace(event, group=group, reason=reason)


_READ: Final = {OPEN_POLL: _plain, FAST_FORWARD: _forward, VOID: _plain, AUDIT: _audit}
