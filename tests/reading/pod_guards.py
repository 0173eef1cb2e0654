"""The rules that keep a private group from other pods and from holders of keys; and each without it."""

from __future__ import annotations

from typing import Final

from tests.reading.canaries import BANNED_HOME, FORMER_HOME, FORMER_KEY, INVITED, OTHER_POD, STRANGER
from tests.reading.rule_guards import Guard

_COUNTED: Final = ("_counted(homes, member.home, member.counts)", "_counted(homes, member.home, 1)")
# As the state is read from a snapshot.
_KEPT: Final = (("protocol/state.py", "for member in members if member.counts", "for member in members"),)

POD_GUARDS: Final = (
    Guard(
        "a pod reads the private groups of its people alone",
        "pod/actions/access.py",
        "return is_home(state, viewer.actor)",
        "return True",
        (OTHER_POD,),
        near="/groups/",
    ),
    Guard(
        "a pod whose member left is no home",
        "protocol/state.py",
        *_COUNTED,
        (FORMER_HOME,),
        near="/groups/",
        behind=_KEPT,
    ),
    Guard(
        "a pod whose member is black-listed is no home",
        "protocol/state.py",
        *_COUNTED,
        (BANNED_HOME,),
        near="/groups/",
        behind=_KEPT,
    ),
    Guard(
        "an invitation opens the chain alone",
        "pod/actions/access.py",
        '(part == "chain" and _is_invited(',
        "(_is_invited(",
        (INVITED,),
        near="/groups/",
    ),
    Guard(
        "the recovery key of who left opens nothing",
        "pod/actions/access.py",
        "return member is not None and counts(member) and member.recovery[-1] == reader.key",
        "return member is not None and member.recovery[-1] == reader.key",
        (FORMER_KEY,),
        near="/groups/",
    ),
    Guard(
        "the log that is pulled asks who reads",
        "pod/actions/sync/served_lists.py",
        "        await open_group(session, deps, reader, group)\n        beside",
        "        beside",
        (STRANGER,),
        near="/groups/",
    ),
    Guard(
        "waiting operations that are pulled ask who reads",
        "pod/actions/sync/served_lists.py",
        "        opened = await open_group(session, deps, reader, group)\n        operations",
        "        operations",
        (STRANGER,),
        near="/groups/",
    ),
)
