"""The recovery kit that somebody sends: the same file that a pod made for them, read and checked.

Anybody can write such a file, so nothing in it is believed: it only says where to look.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pod.actions.accounts.recovery_kit import RecoveryKit
from pod.rules.archives import ArchiveRule
from protocol.errors import MalformedError
from protocol.ids import parse_id
from protocol.limits import MAX_URL_LENGTH
from protocol.origins import is_bare_origin

MOST_KIT_BYTES: Final = 512 * 1024
MOST_GROUPS: Final = 200
_KIT: Final = re.compile(rb'<script type="application/json" id="kit">(.*?)</script>', re.DOTALL)


def open_kit(text: bytes) -> RecoveryKit:
    """The kit in the file; raises MalformedError unless it is one, with addresses of pods where these belong."""
    found = _KIT.search(text)
    try:
        kit = msgspec.json.decode(found[1], type=RecoveryKit) if found is not None else None
    except msgspec.DecodeError as error:
        raise ArchiveRule.NOT_A_KIT.error() from error
    if kit is None or len(kit.groups) > MOST_GROUPS:
        raise ArchiveRule.NOT_A_KIT.error()
    _check(kit)
    return kit


def _check(kit: RecoveryKit) -> None:
    pods = {kit.pod, *kit.second_homes, *(pod for group in kit.groups for pod in group.pods)}
    try:
        for group in (kit.personal_group, *(line.group for line in kit.groups)):
            parse_id(group)
    except MalformedError as error:
        raise ArchiveRule.NOT_A_KIT.error() from error
    if not all(len(pod) <= MAX_URL_LENGTH and is_bare_origin(pod) for pod in pods):
        raise ArchiveRule.NOT_A_KIT.error()
    if any(line.recovery < 0 for line in kit.groups):
        raise ArchiveRule.NOT_A_KIT.error()
