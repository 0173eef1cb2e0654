"""What the words open in a copy, in the moment in which they are here: the box, and with it the old actor's last word.

1. Values of the box are kept, to be opened by this pod (`sealed_boxes.py`).
2. Readers that the copy names are told where the person's group is (ADR 0076).
3. With the old actor's key this pod signs one Move to the followers that the copy saved, each at an inbox on the
   follower's own server. Their addresses serve for nothing else. After seven days, when no delivery is tried any more,
   the key goes.

A copy that breaks a rule here loses what it would have brought, and holds up no recovery. Spec: portability.md §4.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import move
from federation.addresses import same_origin
from federation.delivery import OLDEST_MS
from federation.signatures.keys import rsa_public_pem
from models.engine.writer import after_commit
from models.fediverse.actor_keys import StoredActorKeys, delete_borrowed_keys, insert_actor_keys, load_actor_keys
from models.fediverse.deliveries import enqueue
from models.moving.former_actors import list_former_actors, put_former_actor
from models.moving.imported_files import FileCopy, load_file_copy
from models.moving.kept_copies import KeptCopy, LineSpan, list_lines, load_copy
from models.people.accounts import Account
from pod.actions.fediverse.actors import person_path
from pod.actions.fediverse.followers import MOST_FOLLOWERS
from pod.actions.fediverse.readers import MOST_COPIED, take_copied_readers
from pod.actions.moving.sealed_boxes import OpenedBox, open_kept_box
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actor_keys import ED25519_KEY, MAIN_KEY
from pod.clock import random_bytes
from pod.deps import Deps
from protocol.canonical import bytes_of_checked
from protocol.errors import RefusedError
from protocol.keys import DID_PREFIX, PrivateKey

MOST_OF_HOST: Final = 3
_LOG: Final = logging.getLogger(__name__)


async def take_what_words_open(deps: Deps, account: Account, keys: RecoveryKeys) -> None:
    """Open the boxes in the account's copies, and tell those who read and follow it. It may be called again."""
    if account.personal_group is None:
        return
    async with deps.store.database.read() as session:
        copy = await load_file_copy(session, account.personal_group)
    if copy is None or copy.recovery not in keys.numbers:
        return
    try:
        await _take(deps, account, copy, keys)
    except RefusedError as refusal:
        _LOG.warning("what a copy of %s holds isn't taken: %s", account.name, refusal)


async def forget_dead_actors(deps: Deps) -> None:
    """Delete the keys of old actors whose Move is told, or can't be any more."""
    before = deps.clock() - OLDEST_MS
    for actor in await deps.store.write(partial(delete_borrowed_keys, before=before)):
        deps.identity.signing_keys.pop(actor, None)


async def _take(deps: Deps, account: Account, copy: FileCopy, keys: RecoveryKeys) -> None:
    async with deps.store.database.read() as session:
        kept = await load_copy(session, copy.copy_id)
        followers = await _lines(session, copy.copy_id, "follower", MOST_FOLLOWERS)
        readers = await _lines(session, copy.copy_id, "reader", MOST_COPIED)
    if kept is None:
        return
    pods = [str(told.get("pod", "")) for told in readers]
    await deps.store.write(partial(take_copied_readers, deps=deps, group=copy.group_id, pods=pods, now=deps.clock()))
    opened = await open_kept_box(deps, account, copy.copy_id, keys)
    if opened is not None and _is_of(opened, kept, deps):
        inboxes = some_of_each_host({inbox for told in followers if (inbox := _inbox_of(told))})
        await deps.store.write(partial(_say_moved, deps=deps, account=account, opened=opened, inboxes=inboxes))


async def _lines(session: AsyncSession, copy: int, kind: str, most: int) -> list[dict[str, Any]]:
    span = LineSpan(copy, "follows", f"{kind}/", until=f"{kind}0")  # "0" is the sign after "/"
    return [msgspec.json.decode(line.text) for line in await list_lines(session, span, most)]


def _inbox_of(follower: dict[str, Any]) -> str:
    """The follower's inbox if it lies on the follower's own server; else ""."""
    actor, inbox = str(follower.get("actor", "")), str(follower.get("inbox", ""))
    try:
        return inbox if same_origin(actor, inbox) else ""
    except (RefusedError, ValueError):
        return ""


def some_of_each_host(inboxes: Collection[str]) -> list[str]:
    """A few of the inboxes on each server: who made the copy chose them, and servers share an inbox among many."""
    of_host: dict[str, list[str]] = {}
    for inbox in sorted(inboxes):
        of_host.setdefault(urlsplit(inbox).netloc.lower(), []).append(inbox)
    return [inbox for some in of_host.values() for inbox in some[:MOST_OF_HOST]]


def _is_of(opened: OpenedBox, kept: KeptCopy, deps: Deps) -> bool:
    return bool(opened.rsa) and opened.actor.startswith(f"{kept.pod}/") and kept.pod != deps.identity.base_url


async def _say_moved(
    session: AsyncSession, deps: Deps, account: Account, opened: OpenedBox, inboxes: Sequence[str]
) -> None:
    """Queue the Move, once: who has the key has queued it. Of an account one old actor speaks, and no second one."""
    now, path = deps.clock(), opened.actor
    if await load_actor_keys(session, path) is not None or account.personal_group is None:
        return
    if set(await list_former_actors(session, account.name)) - {opened.actor}:
        return
    await put_former_actor(session, account.id, opened.actor, now=now)
    await insert_actor_keys(session, _borrowed(deps, opened, now=now))
    body = move(opened.actor, f"{deps.identity.base_url}/{person_path(account.name)}", group=account.personal_group)
    await enqueue(session, opened.actor, None, bytes_of_checked(body), inboxes, now=now)
    after_commit(session, deps.signals.deliver)


def _borrowed(deps: Deps, opened: OpenedBox, *, now: int) -> StoredActorKeys:
    """The old actor's key under its whole id, by which deliveries in its name find it."""
    keyring, path, seed = deps.identity.keyring, opened.actor, random_bytes(32)
    pem = opened.rsa.encode()
    return StoredActorKeys(
        path=path,
        rsa_sealed=keyring.seal(pem, f"{path}#{MAIN_KEY}"),
        rsa_public=rsa_public_pem(pem),
        ed25519_sealed=keyring.seal(seed, f"{path}#{ED25519_KEY}"),
        ed25519_public=PrivateKey.from_seed(seed).did.removeprefix(DID_PREFIX),
        made_at=now,
    )
