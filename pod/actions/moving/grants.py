"""A grant reads the classes that its person ticked, and nothing else: it signs nothing and opens no group.

Rules of this file (portability §2, Consent):

1. A code is good once, whoever shows it: for the actor and key that asked, with the secret whose hash they named.
2. A grant is good for that actor alone. A request of the actor by another key pauses it until the person revokes it.
3. It ends after thirty days, or when it is revoked; a standing one only then. Each request is signed, each signature
   good once.
4. Only `open_grant` makes an `OpenGrant`, and only that reads a class.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from federation.readers import VerifiedPod
from models.moving.grants import (
    AskedGrant,
    Grant,
    delete_grant,
    insert_grant,
    list_grants,
    load_grant,
    pause_grant,
    set_grant_used,
    take_agreed,
)
from models.people.accounts import Account, load_account
from pod.actions.groups.founding import token_hash
from pod.actions.moving.asked_grants import code_hash
from pod.actions.moving.copy_classes import CopyPage, read_class, read_marks, signed_manifest
from pod.actions.moving.grant_messages import GivenGrant, LeftBehind, ShownCode, challenge_fits
from pod.actions.moving.left_behind import count_left_behind
from pod.actions.moving.sealed_boxes import bring_box_up
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.grants import GrantRule
from protocol.canonical import JsonObject

LIFE_MS: Final = 30 * 86_400_000
MOST_GRANTS: Final = 200
USED_EVERY_MS: Final = 60_000  # how exactly the person learns when it was last used
_MAKER: Final = object()


class OpenGrant:
    """A grant whose actor signed the request with its key. Only `open_grant` makes one."""

    __slots__ = ("account", "grant")

    def __init__(self, grant: Grant, account: Account, maker: object) -> None:
        if maker is not _MAKER:
            raise TypeError("Only open_grant makes an OpenGrant.")
        self.grant = grant
        self.account = account

    def check(self, name: str) -> None:
        """Refuse a class that the person didn't tick."""
        if name not in self.grant.classes.split():
            raise GrantRule.CLASS_NOT_GRANTED.error(name=name)


async def redeem_code(deps: Deps, asker: VerifiedPod, shown: ShownCode) -> GivenGrant:
    """Give the grant that a code stands for; raises GoneError. The code is used up in any case."""
    secret, now = random_token(), deps.clock()

    async def action(session: AsyncSession) -> GivenGrant | None:
        asked = await take_agreed(session, code_hash(shown.code), now=now)
        if asked is None or not _fits(asked, asker, shown.verifier):
            return None
        account = await load_account(session, asked.account_id)
        if account is None or account.disabled or account.personal_group is None:
            return None
        until = None if asked.standing else now + LIFE_MS
        given = Grant(
            *(grant_hash(secret), account.id, asked.pod, asked.pod_key, asked.actor, asked.actor_key),
            *(asked.classes, asked.private, now, until, None, None),
        )
        await insert_grant(session, given, now=now)
        return GivenGrant(secret, account.personal_group, asked.classes.split(), asked.private, until)

    given = await deps.store.write(action)
    if given is None:
        raise GrantRule.GRANT_CODE_DEAD.error()
    return given


def _fits(asked: AskedGrant, asker: VerifiedPod, verifier: str) -> bool:
    same = asked.actor == asker.actor and asked.actor_key == asker.key_sha256
    return same and challenge_fits(asked.challenge, verifier)


async def open_grant(deps: Deps, asker: VerifiedPod, secret: str, *, counted: str = "") -> OpenGrant:
    """The grant of this name, for the actor and key that it was given to; raises NoGrantError.

    `counted`: the limit within which it may be used so, which is counted in the commit that notes the use.
    """
    now = deps.clock()
    async with deps.store.database.read() as session:
        found = await load_grant(session, grant_hash(secret), now=now)
    if found is None or found[0].actor != asker.actor:
        raise GrantRule.GRANT_OVER.error()
    grant, account = found
    if grant.actor_key != asker.key_sha256:
        await deps.store.write(lambda session: pause_grant(session, grant.sha256, now=now))
    if grant.paused_at is not None or grant.actor_key != asker.key_sha256:
        raise GrantRule.GRANT_PAUSED.error()
    is_noted = grant.used_at is not None and now - grant.used_at < USED_EVERY_MS
    used = None if is_noted else partial(set_grant_used, sha256=grant.sha256, now=now)
    if counted:
        await deps.store.limits.take(counted, grant.sha256.hex(), now=now, also=used)
    elif used is not None:
        await deps.store.write(used)
    return OpenGrant(grant, account, _MAKER)


async def read_granted(deps: Deps, opened: OpenGrant, name: str, after: str, until: str = "") -> CopyPage:
    """A page of a class that the grant holds, as `read_class`; raises NoGrantError or MalformedError."""
    opened.check(name)
    private = opened.grant.private
    async with deps.store.database.read() as session:
        return await read_class(session, deps, opened.account, name, after, until=until, private=private)


async def granted_marks(deps: Deps, opened: OpenGrant) -> dict[str, str]:
    """The marks of the classes that the grant holds, which alone are read: what is the same where nothing changed."""
    grant, names = opened.grant, opened.grant.classes.split()
    if "box" in names:
        await bring_box_up(deps, opened.account)
    async with deps.store.database.read() as session:
        return await read_marks(session, deps, opened.account, private=grant.private, names=names)


async def granted_manifest(deps: Deps, opened: OpenGrant) -> JsonObject:
    """What the account is now, signed, of the classes that the grant holds; all of them are read for that."""
    now, grant = deps.clock(), opened.grant
    async with deps.store.database.read() as session:
        return await signed_manifest(
            session, deps, opened.account, now=now, private=grant.private, names=grant.classes.split()
        )


async def granted_plan(deps: Deps, opened: OpenGrant) -> LeftBehind:
    """What a move would end or wait for, of memberships that may be read; raises NoGrantError."""
    opened.check("memberships")
    async with deps.store.database.read() as session:
        return await count_left_behind(session, deps, opened.account, private=opened.grant.private)


async def list_own_grants(deps: Deps, account: Account) -> list[Grant]:
    """What the account gave, the latest first."""
    async with deps.store.database.read() as session:
        return await list_grants(session, account.id, MOST_GRANTS, now=deps.clock())


async def revoke_own_grant(deps: Deps, account: Account, sha256: bytes) -> None:
    """End a grant; raises NotFoundError if the account has no such one."""
    if not await deps.store.write(lambda session: delete_grant(session, account.id, sha256)):
        raise GrantRule.NO_SUCH_GRANT.error()


def grant_hash(secret: str) -> bytes:
    """What the database keeps of a grant's name."""
    return token_hash(f"grant/{secret}")
