"""What members say of themselves, as this pod shows it: of a profile that its floor hides neither name nor text."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_sums
from models.content.posts_and_votes import StoredProfile, load_profiles
from moderation.shown import is_hosted
from pod.actions.access import ReadableGroup
from pod.actions.reading.lens.floor import load_floor
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import ProfileTarget


class VisibleProfile(msgspec.Struct, frozen=True):
    """A member's profile. `record` is the one that says it."""

    nickname: str = ""
    text: str = ""
    record: RecordId | None = None
    indexable: bool = True


NOBODY = VisibleProfile()


async def load_visible_profiles(
    session: AsyncSession, deps: Deps, opened: ReadableGroup, numbers: Collection[int]
) -> dict[int, VisibleProfile]:
    """The profiles of those of the members who have one that this pod shows."""
    profiles = await load_profiles(session, opened.id, numbers)
    floor = await load_floor(session, deps)
    tokens = {number: ProfileTarget(profile.record_id).token for number, profile in profiles.items()}
    sums = await load_sums(session, floor, list(tokens.values())) if floor else {}
    return {
        number: _visible(profile)
        for number, profile in profiles.items()
        if is_hosted(default + sums.get((group, tokens[number]), 0) for group, default in floor.items())
    }


def _visible(profile: StoredProfile) -> VisibleProfile:
    return VisibleProfile(profile.nickname, profile.text, profile.record_id, profile.indexable)
