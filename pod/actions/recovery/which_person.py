"""Of several people's groups that name a key of the words, each as its person may know it, to choose theirs from.

Anybody can found a group that names another's recovery key, and have a copy of it lie here. Names and times are what
such a group and its copy say of themselves; the address of the pod is the surest sign.
"""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.moving.imported_files import FileCopy, load_file_copy
from pod.actions.moving.folded_personal import opened_line
from pod.actions.moving.taken_copies import kept_page
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.copies import PERSONAL
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.records.chain import GroupRoot
from protocol.records.envelope import Record


class PersonChoice(msgspec.Struct, frozen=True):
    """A person's group and their pod. `name`: theirs there, or ""; `copied_at`: when the file here was made (ms)."""

    group: RecordId
    pod: str
    name: str
    copied_at: int | None


async def choices_of(deps: Deps, refusal: RefusedError) -> list[PersonChoice]:
    """What there is to choose from after this refusal; nothing if it wasn't about that."""
    if refusal.refused.rule is not AccountRule.WHICH_PERSON:
        return []
    places = [place.split(" ", 1) for place in str(refusal.refused.facts["places"]).split(", ")]
    async with deps.store.database.read() as session:
        return [await _choice(session, parse_id(group), pod) for group, pod in places]


async def _choice(session: AsyncSession, group: RecordId, pod: str) -> PersonChoice:
    stored, copy = await load_group(session, group), await load_file_copy(session, group)
    name = stored.name if stored is not None else await _name_in(session, copy) if copy is not None else ""
    return PersonChoice(group, pod, name, copy.at if copy is not None else None)


async def _name_in(session: AsyncSession, copy: FileCopy) -> str:
    """The name in the root, which is the first line of a copy."""
    for line in (await kept_page(session, copy.copy_id, PERSONAL)).lines[:1]:
        root = opened_line(line)
        if isinstance(root, Record) and isinstance(root.content, GroupRoot):
            return root.content.policy.name
    return ""
