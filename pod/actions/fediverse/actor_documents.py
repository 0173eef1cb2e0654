"""The documents of this pod's actors and their collections, and what this pod says of itself.

Nothing of a private group is shown here; of an unlisted group only the actor, and not its content.
"""

from __future__ import annotations

from importlib.metadata import version

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from federation.actors import OwnActor, actor_document
from federation.addresses import normal_authority
from federation.collections import counted, page, paged
from federation.html import text_html
from federation.nodeinfo import Software, Usage, Version, node_document
from federation.objects import date_of
from models.content.places import LogPlace
from models.fediverse.actor_keys import count_people
from models.fediverse.followers import count_followers
from models.groups.groups_and_items import load_group
from models.moving.former_actors import list_former_actors
from models.people.accounts import load_account_named
from models.pod.settings import load_settings
from pod.actions.access import open_group
from pod.actions.fediverse.actors import POD, actor_keys, group_path, load_open_state, person_path
from pod.actions.fediverse.moved import load_new_place
from pod.actions.fediverse.post_documents import told
from pod.actions.reading.group.profiles import NOBODY, load_visible_profiles
from pod.actions.reading.post.untold import count_told_posts, list_told_posts
from pod.cursors import place_in
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.state import GroupState

OUTBOX_PAGE = 20


class Person(msgspec.Struct, frozen=True):
    """A local person whose personal group may be shown."""

    name: str
    created_at: int
    state: GroupState


def handle_host(deps: Deps) -> str:
    """What stands behind the @ in this pod's handles: its host, with the port if that isn't the usual one."""
    url = URL(deps.identity.base_url)
    return normal_authority(url.host_port_subcomponent or "", url.scheme)


def pod_name(deps: Deps) -> str:
    """The name of the pod's own actor: its host, as is usual on other software."""
    return URL(deps.identity.base_url).host or ""


async def load_person(session: AsyncSession, deps: Deps, name: str) -> Person:
    """The local person of this name; raises NotFoundError."""
    account = await load_account_named(session, name)
    if account is None or account.disabled or account.personal_group is None:
        raise GroupRule.NOBODY_OF_THAT_NAME.error()
    return Person(account.name, account.created_at, await load_open_state(session, deps, account.personal_group))


async def pod_actor(deps: Deps) -> JsonObject:
    """The document of the pod's own actor, which signs requests and speaks for private groups."""
    keys = await actor_keys(deps, POD)
    host = pod_name(deps)
    return actor_document(
        OwnActor(
            id=f"{deps.identity.base_url}/{POD}",
            pod=deps.identity.base_url,
            page=f"{deps.identity.base_url}/",
            type="Application",
            username=host,
            name=host,
            rsa_pem=keys.rsa_public,
            ed25519_multibase=keys.ed25519_public,
            has_followers=False,
        )
    )


async def person_actor(deps: Deps, name: str) -> JsonObject:
    """A local person's document, with the profile of the personal group; raises NotFoundError."""
    async with deps.store.database.read() as session:
        person = await load_person(session, deps, name)
        opened = await open_group(session, deps, None, person.state.group)
        profile = (await load_visible_profiles(session, deps, opened, [1])).get(1, NOBODY)
        former, there = await list_former_actors(session, person.name), await load_new_place(session, person.name)
    path = person_path(name)
    keys = await actor_keys(deps, path)
    return actor_document(
        OwnActor(
            id=f"{deps.identity.base_url}/{path}",
            pod=deps.identity.base_url,
            page=f"{deps.identity.base_url}/@{name}",
            type="Person",
            username=name,
            name=profile.nickname or name,
            summary=text_html(profile.text),
            published=date_of(person.created_at),
            discoverable=person.state.visibility == "public" and there is None,
            also_known_as=tuple(former),
            moved_to=there.actor if there else "",
            rsa_pem=keys.rsa_public,
            ed25519_multibase=keys.ed25519_public,
        )
    )


async def group_actor(deps: Deps, group: RecordId) -> JsonObject:
    """A group's document; raises UnknownGroupError, also for private groups."""
    async with deps.store.database.read() as session:
        state = await load_open_state(session, deps, group)
        stored = await load_group(session, group)
    keys = await actor_keys(deps, group_path(group))
    return actor_document(
        OwnActor(
            id=f"{deps.identity.base_url}/{group_path(group)}",
            pod=deps.identity.base_url,
            page=f"{deps.identity.base_url}/g/{group}",
            type="Group",
            username=group,
            name=state.policy.name,
            summary=text_html(state.policy.description or ""),
            published=date_of(stored.added_at if stored else 0),
            discoverable=state.visibility == "public",
            rsa_pem=keys.rsa_public,
            ed25519_multibase=keys.ed25519_public,
        )
    )


async def followers(deps: Deps, path: str) -> JsonObject:
    """How many follow the actor at `path`. The collection doesn't name the followers."""
    async with deps.store.database.read() as session:
        await load_followed(session, deps, path)
        total = await count_followers(session, path)
    return counted(f"{deps.identity.base_url}/{path}/followers", total)


async def outbox(deps: Deps, path: str) -> JsonObject:
    """The outbox of the actor at `path`: how many activities it holds, and the address of its first page."""
    async with deps.store.database.read() as session:
        state = await load_followed(session, deps, path)
        total = await count_told_posts(session, deps, state) if _is_listed(state) else 0
    own_id = f"{deps.identity.base_url}/{path}/outbox"
    return paged(own_id, total, first=f"{own_id}?before=0") if total else counted(own_id, total)


async def outbox_page(deps: Deps, path: str, before: str) -> JsonObject:
    """Activities before this cursor, the last in the log first; "0" gives the first page."""
    place = None if before == "0" else place_in(before, "before")
    own_id = f"{deps.identity.base_url}/{path}/outbox"
    async with deps.store.database.read() as session:
        state = await load_followed(session, deps, path)
        nothing: tuple[list[RecordId], LogPlace | None] = [], None
        listed = _is_listed(state)
        found, last = await list_told_posts(session, deps, state, OUTBOX_PAGE, place) if listed else nothing
        items = [await told(session, deps, state, post) for post in found]
    following = f"{own_id}?before={last}" if last else None
    return page(f"{own_id}?before={before}", own_id, items, following=following)


async def load_followed(session: AsyncSession, deps: Deps, path: str) -> GroupState:
    """The group whose posts the actor at `path` publishes; raises NotFoundError or UnknownGroupError."""
    kind, _, name = path.partition("/")
    if kind == "u":
        return (await load_person(session, deps, name)).state
    return await load_open_state(session, deps, RecordId(name))


async def node(deps: Deps, schema: Version) -> JsonObject:
    """The NodeInfo document: software, number of local people, whether sign-up is open, the pod's name."""
    async with deps.store.database.read() as session:
        people = await count_people(session)
        settings = await load_settings(session)
    software = Software("althing", version("althing"))
    is_open = settings.registration == "open"
    told = {"nodeName": settings.name, "nodeDescription": settings.description}
    metadata: JsonObject = {name: text for name, text in told.items() if text}
    return node_document(schema, software, Usage(users=people), open_registrations=is_open, metadata=metadata)


def _is_listed(state: GroupState) -> bool:
    return state.visibility == "public"
