"""A post's author's pod is told that a group elsewhere reposts, answers or edits it, by the record itself.

The writer's pod sends such a record to the home of the post's author and to the steward of the post's group, too, if
both groups are public (ADR 0051). There a group that isn't here costs little: the chain is looked at in quarantine
until it shows that the voter counts there, and nothing is kept but the group's name and its pod. Its people decide
whether they fetch it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import RecordActivity
from federation.activities.build import pod_of
from models.content.belonging import list_accounts_of
from models.content.posts_and_votes import post_target_key
from models.engine.writer import after_commit
from models.fediverse.peers import has_brought, has_taken
from models.groups.groups_and_items import load_group
from models.groups.record_authors import RecordAuthor, load_record_authors
from models.groups.told_reposts import ToldRepost, insert_told, list_told_unseen, save_look
from models.people.notifications import REPOSTED, News, insert_news
from pod.actions.chain.views import load_view
from pod.actions.private_groups import counts
from pod.actions.sync.quarantine import Quarantine
from pod.actions.sync.questions_in_vain import count_in_vain, server_of
from pod.deps import Deps
from pod.errors import TooManyTriesError
from protocol.canonical import JsonObject
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.records.content import Patch, Post, PostTarget, Vote
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState

AT_ONCE: Final = 10
MOST_TOLD: Final = 200  # for the posts of one group


async def list_pods_told(session: AsyncSession, deps: Deps, record: Record) -> set[str]:
    """The pods to tell of a record that concerns another group's post; none unless both groups are public.

    Only pods that this one knows: it pulled the post's group from them, or they took a delivery before.
    """
    thing = _thing_of(record)
    about = (await load_record_authors(session, {thing})).get(thing) if thing else None
    if about is None or about.author is None or about.group_id == record.group:
        return set()
    here, there = [(await load_view(session, deps, group)).state for group in (record.group, about.group_id)]
    if here.kind != "group" or {here.visibility, there.visibility} != {"public"}:
        return set()
    author = there.members.get(about.author)
    pods = {there.steward.pod, *([author.home.pod] if author and counts(author) else [])} - {deps.identity.base_url}
    return {pod for pod in pods if await has_brought(session, pod, about.group_id) or await has_taken(session, pod)}


def _thing_of(record: Record) -> RecordId | None:
    """The record that a repost, an answer or an edit is about."""
    match record.content:
        case Vote(target=PostTarget(post=post), value=value, from_=origin) if origin and value >= 0:
            return post
        case Post(reply_to=reply) if reply is not None:
            return reply.record
        case Patch(post=post):
            return post
        case _:
            return None


async def take_told(deps: Deps, activity: RecordActivity, *, now: int) -> bool:
    """Store the word that a group which isn't here reposts a post of ours; False for any other activity.

    The cheap checks come first: whether the post is here, and whether this pod is its author's home or its group's
    steward.
    """
    post, pod = _reposted(activity.record), pod_of(activity.actor)
    async with deps.store.database.read() as session:
        about = (await load_record_authors(session, {post})).get(post) if post else None
        if about is None or not await _is_ours(session, deps, about):
            return False
    try:
        await deps.store.limits.take("repost told by a pod", server_of(pod), now=now)
        await deps.store.limits.take("repost told of a group", about.group_id, now=now)
    except TooManyTriesError:
        return False
    record = open_record(activity.record)
    if not isinstance(record.content, Vote):
        return False
    (key,) = record.signers
    told = ToldRepost(record.group, about.id, about.group_id, pod, record.id, record.content.author, key, now)

    async def action(session: AsyncSession) -> bool:
        after_commit(session, lambda: deps.signals.lacks(about.group_id))
        return await insert_told(session, told, most=MOST_TOLD)

    return await deps.store.write(action)


def _reposted(record: JsonObject) -> RecordId | None:
    """The post that a vote brings into its group; None for other records. Nothing is verified yet."""
    match record:
        case {"type": "Vote", "target": {"post": str(post)}, "from": {"group": str()}, "value": int(value)} if (
            value > 0
        ):
            try:
                return parse_id(post)
            except RefusedError:
                return None
    return None


async def _is_ours(session: AsyncSession, deps: Deps, about: RecordAuthor) -> bool:
    """Whether it is a post of a public group, and its author is local or this pod is the group's steward."""
    if about.type != "Post" or about.author is None:
        return False
    state = (await load_view(session, deps, about.group_id)).state
    at_home = state.steward.pod == deps.identity.base_url
    return state.visibility == "public" and (
        at_home or bool(await list_accounts_of(session, about.group_id, {about.author}))
    )


async def look_at_told(deps: Deps, own_group: RecordId) -> bool:
    """Check reported reposts of a group's posts and notify the posts' authors; returns whether more are left."""
    async with deps.store.database.read() as session:
        told = await list_told_unseen(session, own_group, AT_ONCE)
    quarantine = Quarantine(deps)
    for one in told:
        try:
            name = await _look(deps, quarantine, one)
        except TooManyTriesError:
            continue
        await _note(deps, one, name)
    async with deps.store.database.read() as session:
        return bool(await list_told_unseen(session, own_group, 1))


async def _look(deps: Deps, quarantine: Quarantine, told: ToldRepost) -> str:
    """The name of the reposting group if the voter counts there; empty if not, or if that can't be found out."""
    names: list[str] = []

    def concerns(state: GroupState) -> bool:
        member = state.members.get(told.author)
        proved = member is not None and member.weight > 0 and not member.left and member.signing == told.key
        if proved and state.visibility == "public":
            names.append(state.policy.name)
        return bool(names)

    await deps.store.limits.check("question in vain to a server", server_of(told.pod), now=deps.clock())
    if not await quarantine.look(told.pod, told.group_id, None, concerns):
        await count_in_vain(deps, told.pod)
        return ""
    return names[-1]


async def _note(deps: Deps, told: ToldRepost, name: str) -> None:
    async def action(session: AsyncSession) -> None:
        await save_look(session, told, name)
        about = (await load_record_authors(session, {told.post_id})).get(told.post_id)
        # If the reposting group is held here by now, its own record makes the notification.
        if not name or about is None or about.author is None or await load_group(session, told.group_id) is not None:
            return
        key = post_target_key(told.post_id)
        accounts = await list_accounts_of(session, told.own_group, {about.author})
        news = [
            News(account, REPOSTED, told.group_id, told.vote, 0, deps.clock(), told.post_id, about=key)
            for account in accounts.values()
        ]
        await insert_news(session, news)

    await deps.store.write(action)
