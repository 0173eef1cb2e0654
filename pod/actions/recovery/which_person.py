"""Of several people's groups that name a key of the words, each as its person may know it, to choose theirs from.

Anybody can found a group that names another's recovery key, and have a copy of it lie here. Names and times are what
such a group and its copy say of themselves; the address of the pod is the surest sign.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.moving.imported_files import load_file_copy
from models.moving.kept_copies import KeptCopy, load_copy
from models.moving.kept_names import list_copies_kept_for
from models.moving.standing_copies import load_standing_of
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.copied_chain import peek_person
from pod.actions.moving.copied_memberships import copied_memberships
from pod.actions.moving.folded_personal import opened_line
from pod.actions.moving.taken_copies import kept_page
from pod.actions.recovery.phrase import RecoveryKeys
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.copies import PERSONAL
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.records.chain import GroupRoot
from protocol.records.envelope import Record

MOST_HOSTS: Final = 5


class PersonChoice(msgspec.Struct, frozen=True):
    """A person's group and their pod. `name`: theirs there, or ""; `copied_at`: when the copy here was made (ms).

    `groups_at`: hosts of some groups that the copy names.
    """

    group: RecordId
    pod: str
    name: str
    copied_at: int | None
    groups_at: tuple[str, ...] = ()


async def choices_of(deps: Deps, refusal: RefusedError) -> list[PersonChoice]:
    """What there is to choose from after this refusal; nothing if it wasn't about that."""
    if refusal.refused.rule is not AccountRule.WHICH_PERSON:
        return []
    places = [place.split(" ", 1) for place in str(refusal.refused.facts["places"]).split(", ")]
    return [await _choice(deps, parse_id(group), pod) for group, pod in places]


async def _choice(deps: Deps, group: RecordId, pod: str) -> PersonChoice:
    async with deps.store.database.read() as session:
        stored, found = await load_group(session, group), await _copy_of(session, group)
        name = stored.name if stored is not None else await _name_in(session, found[0].id) if found is not None else ""
    if found is None:
        return PersonChoice(group, pod, name, None)
    copy, at = found
    named = (await copied_memberships(deps, copy)).named
    hosts = dict.fromkeys(host_in(one.pods[0]) for one in named if one.pods)
    return PersonChoice(group, pod, name, at, tuple(hosts)[:MOST_HOSTS])


async def _copy_of(session: AsyncSession, group: RecordId) -> tuple[KeptCopy, int] | None:
    """The copy of this person that counts, and when it was made."""
    file, standing = await load_file_copy(session, group), await load_standing_of(session, group)
    made = [(one.place, one.copy_id) for one in (file, standing) if one is not None]
    if not made:
        return None
    (_, at), number = max(made)
    copy = await load_copy(session, number)
    return (copy, at) if copy is not None else None


async def _name_in(session: AsyncSession, copy: int) -> str:
    """The name in the root, which is the first line of a copy."""
    for line in (await kept_page(session, copy, PERSONAL)).lines[:1]:
        root = opened_line(line)
        if isinstance(root, Record) and isinstance(root.content, GroupRoot):
            return root.content.policy.name
    return ""


async def kept_for(deps: Deps, name: str, keys: RecoveryKeys) -> RecordId | None:
    """Whose wish keeps the name, if a copy of theirs, whole or not, names a key of the phrase."""
    async with deps.store.database.read() as session:
        copies = await list_copies_kept_for(session, name, now=deps.clock())
    for copy, group in copies:
        state = await peek_person(deps, copy, group)
        if state is not None and keys.member_in(state) is not None:
            return group
    return None
