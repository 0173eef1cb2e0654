"""A person at home here as everybody sees them: profile, what they wrote, memberships that they claim; and news."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_whereabouts
from models.content.member_lists import list_claims
from models.content.places import LogPlace
from models.groups.told_reposts import list_told_named
from models.people.accounts import Account
from models.people.notifications import REPOSTED, News, count_unseen, list_news, mark_seen
from models.people.own_calls import count_needs
from models.people.subscriptions import Following, load_following
from models.pod.sign_ups import count_sign_ups
from pod.actions.access import Reader, open_group, open_those
from pod.actions.fediverse.actor_documents import load_person
from pod.actions.reading.group.profiles import NOBODY, load_visible_profiles
from pod.actions.reading.post.cards import VisibleCard
from pod.actions.reading.post.written import list_written
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId

MOST_CLAIMS: Final = 50


class ClaimLine(msgspec.Struct, frozen=True):
    """A group in which the person claims to be this member; the group says the same."""

    group: RecordId
    name: str
    member: int


class PersonSight(msgspec.Struct, frozen=True):
    """A local person."""

    name: str
    group: RecordId
    nickname: str
    text: str
    created_at: int
    claims: tuple[ClaimLine, ...]
    posts: tuple[VisibleCard, ...]
    following: Following | None
    next: LogPlace | None = None


class NewsLine(msgspec.Struct, frozen=True):
    """A notification, with the names that its sentence needs.

    `pod`: a pod that holds the group, if it isn't here; `own_group`: the group of the post.
    """

    news: News
    group_name: str
    nickname: str
    own_group: RecordId | None = None
    pod: str = ""


class NewsPage(msgspec.Struct, frozen=True):
    """A person's notifications, the latest first."""

    lines: tuple[NewsLine, ...]
    next: int | None = None


async def describe_person(deps: Deps, reader: Reader, name: str, *, before: LogPlace | None, limit: int) -> PersonSight:
    """A person by name; raises NotFoundError."""
    async with deps.store.database.read() as session:
        person = await load_person(session, deps, name)
        group = person.state.group
        opened = await open_group(session, deps, reader, group)
        profile = (await load_visible_profiles(session, deps, opened, [1])).get(1, NOBODY)
        posts, following_page = await list_written(session, deps, reader, opened, 1, before=before, limit=limit)
        claims = await _claims(session, deps, reader, group)
        following = await load_following(session, reader.id, group) if reader else None
    return PersonSight(
        person.name,
        group,
        profile.nickname,
        profile.text,
        person.created_at,
        claims,
        posts,
        following,
        following_page,
    )


async def _claims(session: AsyncSession, deps: Deps, reader: Reader, identity: RecordId) -> tuple[ClaimLine, ...]:
    """The memberships that both sides confirm, in groups that the reader may find."""
    shown = []
    for group, number in await list_claims(session, identity, MOST_CLAIMS):
        try:
            opened = await open_group(session, deps, reader, group)
        except RefusedError:
            continue
        state = opened.state
        member = state.members.get(number)
        if opened.is_met and member is not None and member.identity == identity and not member.left:
            shown.append(ClaimLine(group, state.policy.name, number))
    return tuple(shown)


async def list_told(deps: Deps, account: Account, *, before: int | None, limit: int) -> NewsPage:
    """The account's notifications, the latest first."""
    async with deps.store.database.read() as session:
        news = await list_news(session, account.id, limit + 1, before=before)
        # Notifications from groups that the account may no longer read are left out.
        groups = await open_those(session, deps, account, {one.group_id for one in news})
        posts = await load_whereabouts(session, {one.post_id for one in news if one.post_id})
        elsewhere = await list_told_named(session, {one.group_id for one in news} - groups.keys())
        told = {(one.group_id, one.post_id): one for one in elsewhere}
        lines = []
        for one in news[:limit]:
            if one.group_id in groups:
                opened = groups[one.group_id]
                profile = (await load_visible_profiles(session, deps, opened, [one.author])).get(one.author, NOBODY)
                where = posts.get(one.post_id) if one.post_id else None
                lines.append(NewsLine(one, opened.name, profile.nickname, where.group if where else None))
            elif one.post_id and one.kind == REPOSTED and (found := told.get((one.group_id, one.post_id))):
                lines.append(NewsLine(one, found.name, "", found.own_group, found.pod))
    return NewsPage(tuple(lines), news[limit - 1].id if len(news) > limit else None)


class Counts(msgspec.Struct, frozen=True):
    """What stands beside the links on all pages: unseen notifications, polls that need the person, sign-ups that wait.

    Sign-ups wait for admins alone.
    """

    news: int = 0
    needs: int = 0
    waiting: int = 0


async def count_news(deps: Deps, account: Account) -> Counts:
    """The account's numbers, each found by an index, however much happened before."""
    async with deps.store.database.read() as session:
        waiting = await count_sign_ups(session, "waiting") if account.admin else 0
        needs = await count_needs(session, account.id, now=deps.clock())
        return Counts(await count_unseen(session, account.id), needs, waiting)


async def see_news(deps: Deps, account: Account, newest: int) -> None:
    """Mark the account's notifications up to number `newest` as seen."""
    await deps.store.write(lambda session: mark_seen(session, account.id, newest=newest))
