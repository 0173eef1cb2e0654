"""Who speaks for this pod in ActivityPub: the pod, its people, its groups; each with keys of its own.

For a local personal group its person speaks, for any other group its Group actor. A private group's actor isn't shown:
for its records the pod's own actor speaks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from federation.signatures import SignedRequest, SigningKey, sign
from models.fediverse.actor_keys import StoredActorKeys, insert_actor_keys, load_actor_keys, load_owner_name
from pod.actions.chain.views import load_view
from pod.actor_keys import make_keys, open_rsa_key
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.state import GroupState

MOST_OPEN_KEYS = 5_000
POD = "actor"


async def actor_keys(deps: Deps, path: str) -> StoredActorKeys:
    """The keys of the actor at `path`; makes them if there are none. Never call it inside a write action."""
    stored = await _stored_keys(deps, path)
    if stored is not None:
        return stored
    # One at a time, so that many requests for the same new actor make only one pair of keys.
    async with deps.identity.key_making:
        return await _stored_keys(deps, path) or await _new_keys(deps, path)


async def _stored_keys(deps: Deps, path: str) -> StoredActorKeys | None:
    async with deps.store.database.read() as session:
        return await load_actor_keys(session, path)


async def _new_keys(deps: Deps, path: str) -> StoredActorKeys:
    made = await asyncio.to_thread(make_keys, deps.identity.keyring, path, now=deps.clock())

    async def action(session: AsyncSession) -> StoredActorKeys:
        await insert_actor_keys(session, made)
        kept = await load_actor_keys(session, path)
        assert kept is not None
        return kept

    return await deps.store.write(action)


async def signing_key(deps: Deps, actor: str) -> SigningKey:
    """The RSA key with which a local actor signs requests; decrypted keys stay in memory."""
    opened = deps.identity.signing_keys
    if actor not in opened:
        keys = await actor_keys(deps, actor.removeprefix(f"{deps.identity.base_url}/"))
        while len(opened) >= MOST_OPEN_KEYS:
            del opened[next(iter(opened))]
        opened[actor] = open_rsa_key(deps.identity.keyring, keys, actor)
    return opened[actor]


async def fetch_document(deps: Deps, url: str) -> JsonObject:
    """Fetch an ActivityPub document from another server; the pod's own actor signs the request."""
    key = await signing_key(deps, f"{deps.identity.base_url}/{POD}")

    def signed(request: SignedRequest) -> Mapping[str, str]:
        return sign(request, key, scheme="cavage", now=deps.clock())

    return (await deps.outside.http.get_document(url, sign=signed)).content


async def load_open_state(session: AsyncSession, deps: Deps, group: RecordId) -> GroupState:
    """The state of a group that everybody may read; raises UnknownGroupError, also for private groups."""
    state = (await load_view(session, deps, group)).state
    if state.visibility == "private":
        raise GroupRule.UNKNOWN_GROUP.error()
    return state


async def speaker_of(session: AsyncSession, state: GroupState) -> str:
    """The path of the actor that publishes a group's records to the fediverse."""
    if state.kind == "person":
        name = await load_owner_name(session, state.group)
        if name is not None:
            return person_path(name)
    return group_path(state.group)


def person_path(name: str) -> str:
    """The path of a person's actor."""
    return f"u/{name}"


def group_path(group: RecordId) -> str:
    """The path of a group's actor."""
    return f"groups/{group}"


def sender_of(deps: Deps, state: GroupState) -> str:
    """The actor that sends a group's records to its other pods; of a private group the pod, whose id names no group."""
    return f"{deps.identity.base_url}/{POD if state.visibility == 'private' else group_path(state.group)}"
