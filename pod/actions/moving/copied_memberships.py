"""What a copy says of its person's groups: where each can be asked for, and by which recovery key."""

from __future__ import annotations

from typing import Final

import msgspec

from models.moving.kept_copies import KeptCopy
from pod.actions.moving.taken_copies import kept_page
from pod.deps import Deps
from protocol.copies import CopyLine
from protocol.errors import MalformedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_URL_LENGTH
from protocol.origins import is_bare_origin

MOST_PODS: Final = 5  # of one group that are asked
MOST_READ: Final = 500  # of a copy: strangers bring copies, too
MEMBERSHIPS: Final = "memberships"
PRIVATE: Final = "private"


class CopiedMembership(msgspec.Struct, frozen=True):
    """A group of a copy; `pods`: that hold it, the one that is left last; `recovery`: the number of the key there."""

    group: RecordId
    pods: tuple[str, ...]
    recovery: int
    is_private: bool


class CopiedMemberships(msgspec.Struct, frozen=True):
    """The groups that a copy names first; `more`: it has others, which nobody looked at."""

    named: tuple[CopiedMembership, ...]
    more: bool


class _Line(msgspec.Struct, frozen=True):
    group: str
    recovery_index: int
    pods: list[str] = []
    visibility: str = ""


async def copied_memberships(deps: Deps, copy: KeptCopy) -> CopiedMemberships:
    """The groups that its first lines name, but the personal one. Lines that can't be read here are passed over."""
    lines: list[CopyLine] = []
    cursor: str | None = ""
    while cursor is not None and len(lines) <= MOST_READ:
        async with deps.store.database.read() as session:
            page = await kept_page(session, copy.id, MEMBERSHIPS, cursor)
        lines += page.lines
        cursor = page.next
    read = [_membership(line.text, copy.pod) for line in lines[:MOST_READ]]
    named = tuple(one for one in read if one is not None and one.group != copy.group_id)
    return CopiedMemberships(named, len(lines) > MOST_READ)


def _membership(text: bytes, left: str) -> CopiedMembership | None:
    try:
        line = msgspec.json.decode(text, type=_Line)
        group = parse_id(line.group)
    except (msgspec.DecodeError, MalformedError):
        return None
    pods = [pod for pod in line.pods if len(pod) <= MAX_URL_LENGTH and is_bare_origin(pod)]
    asked = sorted(pods[:MOST_PODS], key=lambda pod: pod == left)
    return CopiedMembership(group, tuple(asked), line.recovery_index, line.visibility == PRIVATE)
