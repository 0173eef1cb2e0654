"""Whom somebody without their 24 words can ask for a new invitation, group by group.

Nobody else's key moves a membership: they join under a new number, and the old one stays with the lost key. Of a group
that isn't here, or that strangers may not read, only the pods are known that the person's own file or kit names.

Requirement: MG-14.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.member_lists import list_heaviest
from models.moving.imported_files import Upload, load_file_copy
from models.moving.kept_copies import KeptCopy, load_copy
from pod.actions.access import ReadableGroup, open_those
from pod.actions.moving.copied_memberships import copied_memberships
from pod.actions.moving.uploads import find_upload
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.recovery.known_groups import RecoveryWhereabouts
from pod.deps import Deps
from protocol.ids import RecordId

MOST_ASKED: Final = 5


class Inviter(msgspec.Struct, frozen=True):
    """A member who can invite: they have weight. `nickname` may be empty; `pod`: where they are at home."""

    number: int
    nickname: str
    pod: str


class LostMembership(msgspec.Struct, frozen=True):
    """A group to be invited to anew. `name`: empty where strangers may not read it, or it isn't here.

    `pods`: that hold it; `inviters`: some, the heaviest first.
    """

    group: RecordId
    name: str
    pods: tuple[str, ...]
    inviters: tuple[Inviter, ...]


async def whom_to_ask(deps: Deps, places: Sequence[RecoveryWhereabouts]) -> list[LostMembership]:
    """For each group once, who can be asked; own pages of people, which nobody joins, aren't among them."""
    pods: dict[RecordId, list[str]] = {}
    for place in places:
        pods.setdefault(place.group, []).append(place.pod)
    async with deps.store.database.read() as session:
        opened = await open_those(session, deps, None, list(pods))
        return [
            await _lost(session, deps, group, tuple(dict.fromkeys(held)), opened.get(group))
            for group, held in pods.items()
            if group not in opened or opened[group].state.kind != "person"
        ]


async def _lost(
    session: AsyncSession, deps: Deps, group: RecordId, pods: tuple[str, ...], opened: ReadableGroup | None
) -> LostMembership:
    if opened is None:
        return LostMembership(group, "", pods, ())
    state = opened.state
    numbers = [number for number, _ in await list_heaviest(session, group, MOST_ASKED, state.weights)]
    nicknames = await load_nicknames(session, deps, group, numbers)
    asked = tuple(Inviter(one, nicknames.get(one, ""), state.members[one].home.pod) for one in numbers)
    return LostMembership(group, opened.name, pods, asked)


class GroupsOfFile(msgspec.Struct, frozen=True):
    """Where a file's first groups may be found; `more`: it names others."""

    places: tuple[RecoveryWhereabouts, ...] = ()
    more: bool = False


async def groups_of_file(deps: Deps, secret: str) -> GroupsOfFile:
    """The groups that the file names which this browser sent; `secret`: what the browser keeps of it."""
    sent = await find_upload(deps, secret)
    copy = await _copy_of(deps, sent) if sent is not None else None
    if copy is None:
        return GroupsOfFile()
    found = await copied_memberships(deps, copy)
    places = tuple(RecoveryWhereabouts(one.group, pod) for one in found.named for pod in one.pods or (copy.pod,))
    return GroupsOfFile(places, found.more)


async def _copy_of(deps: Deps, sent: Upload) -> KeptCopy | None:
    """The copy that this file became; None once another file of the same person took its place.

    Whoever keeps an old file of somebody mustn't be shown what a later one of theirs says.
    """
    if sent.group_id is None:
        return None
    async with deps.store.database.read() as session:
        held = await load_file_copy(session, sent.group_id)
        return await load_copy(session, held.copy_id) if held is not None and held.at == sent.at else None
