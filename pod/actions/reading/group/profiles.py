"""What members say of themselves, as this pod shows it: of a profile that its floor hides neither name nor text."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import StoredProfile, load_profiles
from pod.actions.access import ReadableGroup
from pod.actions.reading.lens.floor import list_unhosted
from pod.actions.reading.lens.verdicts import Author
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import ProfileTarget


class VisibleProfile(msgspec.Struct, frozen=True):
    """A member's profile. `record`: the record that holds it."""

    nickname: str = ""
    text: str = ""
    record: RecordId | None = None
    indexable: bool = True


NOBODY = VisibleProfile()


async def load_visible_profiles(
    session: AsyncSession, deps: Deps, opened: ReadableGroup, numbers: Collection[int]
) -> dict[int, VisibleProfile]:
    """Profiles by member, those that this pod withholds left out; the viewer always gets their own."""
    found = await load_profiles(session, {(opened.id, number) for number in numbers})
    hidden = await _unhosted(session, deps, [one for one in found.values() if one.member != opened.number])
    return {one.member: _visible(one) for one in found.values() if one.record_id not in hidden}


async def load_nicknames(
    session: AsyncSession, deps: Deps, group: RecordId, numbers: Collection[int]
) -> dict[int, str]:
    """Nicknames by member, for those who have one. The caller has checked that the reader may read the group."""
    writers = await load_writers(session, deps, {(group, number) for number in numbers})
    return {number: nickname for (_, number), nickname in writers.items()}


async def load_writers(session: AsyncSession, deps: Deps, writers: Collection[Author]) -> dict[Author, str]:
    """As `load_nicknames`, for members of several groups."""
    profiles = await load_profiles(session, writers)
    named = {author: profile for author, profile in profiles.items() if profile.nickname}
    hidden = await _unhosted(session, deps, named.values())
    return {author: profile.nickname for author, profile in named.items() if profile.record_id not in hidden}


async def _unhosted(session: AsyncSession, deps: Deps, profiles: Iterable[StoredProfile]) -> set[RecordId]:
    """The records of those profiles that the floor doesn't show."""
    tokens = {profile.record_id: ProfileTarget(profile.record_id).token for profile in profiles}
    unhosted = await list_unhosted(session, deps, tokens.values())
    return {record for record, token in tokens.items() if token in unhosted}


def _visible(profile: StoredProfile) -> VisibleProfile:
    return VisibleProfile(profile.nickname, profile.text, profile.record_id, profile.indexable)
