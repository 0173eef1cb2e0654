"""Accounts and groups: a person gets a seed, a personal group and 24 words that this pod forgets at once."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.boxes import put_box_key
from models.moving.kept_names import is_name_kept
from models.people.accounts import (
    Account,
    Membership,
    insert_account,
    insert_recovery_keys,
    insert_token,
    load_account,
    load_account_named,
    save_membership,
    set_personal_group,
    set_recovery_group,
    take_recovery_key,
)
from pod.actions.chain.views import take_root
from pod.actions.groups.claimable import check_identity
from pod.actions.groups.identity_claims import write_claim
from pod.actions.signer import Person, PodItself, Signer, load_staying, member_key, signed
from pod.clock import random_bytes, random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.groups import GroupRule
from protocol.boxes import box_public
from protocol.derivation import phrase_of, recovery_dids
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import Founder
from protocol.records.drafts import root_members
from protocol.records.envelope import open_record

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
FOUNDER_WEIGHT = 1000


class SignedUp(msgspec.Struct, frozen=True):
    """A new account. `phrase` and `token` are shown once and not stored."""

    name: str
    account: int
    personal_group: RecordId
    phrase: str
    token: str


class Drawn(msgspec.Struct, frozen=True):
    """The keys of a new account; of the recovery seed only the public keys and the phrase remain."""

    seed: bytes
    dids: tuple[DidKey, ...]
    phrase: str
    box: bytes

    def __repr__(self) -> str:
        return "Drawn()"


def draw() -> Drawn:
    """Make new keys for one account."""
    recovery_seed = random_bytes(32)
    return Drawn(random_bytes(32), recovery_dids(recovery_seed), phrase_of(recovery_seed), box_public(recovery_seed))


async def sign_up(deps: Deps, name: str, *, decides: bool = False) -> SignedUp:
    """Open an account with its personal group and a token; raises NameTakenError.

    `decides`: the token may vote and delegate, and counts as proved now.
    """
    drawn, token = draw(), random_token()

    async def action(session: AsyncSession) -> SignedUp:
        account = await open_account(session, deps, name, drawn)
        assert account.personal_group is not None
        hashed = token_hash(token)
        now = account.created_at
        await insert_token(
            session,
            sha256=hashed,
            account=account.id,
            name="first",
            now=now,
            decides=decides,
            proved_at=now if decides else 0,
        )
        return SignedUp(name, account.id, account.personal_group, drawn.phrase, token)

    return await deps.store.write(action)


async def open_account(session: AsyncSession, deps: Deps, name: str, drawn: Drawn) -> Account:
    """Open an account with its personal group; raises NameTakenError."""
    if not NAME.fullmatch(name):
        raise AccountRule.NO_NAME.error()
    taken = await load_account_named(session, name) is not None
    if taken or await is_name_kept(session, name, None, now=deps.clock()):
        raise AccountRule.NAME_TAKEN.error(name=name)
    sealed = deps.identity.keyring.seal(drawn.seed, f"seed/{name}")
    number = await insert_account(session, name=name, seed_sealed=sealed, now=deps.clock())
    await insert_recovery_keys(session, number, 0, drawn.dids)
    await put_box_key(session, number, drawn.box)
    account = await load_account(session, number)
    assert account is not None
    root = {"kind": "person", "name": name, "visibility": "public"}
    group = await found_group(session, deps, PodItself(), account, root)
    await set_personal_group(session, number, group)
    return msgspec.structs.replace(account, personal_group=group)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


async def start_group(deps: Deps, signer: Person, wishes: dict[str, Any]) -> RecordId:
    """Found a group in its own transaction; raises MalformedError for a personal group, which only sign-up makes."""
    if wishes.get("kind", "group") != "group":
        raise GroupRule.ONE_PERSONAL_GROUP.error()

    identity = wishes.pop("identity", None)
    if identity is not None:
        identity = check_identity(signer.account, identity, str(wishes.get("visibility", "public")))

    async def action(session: AsyncSession) -> RecordId:
        group = await found_group(session, deps, signer, signer.account, wishes, identity=identity)
        if identity is not None:
            await write_claim(session, deps, signer, signer.account, group, 1)
        return group

    return await deps.store.write(action)


async def found_group(
    session: AsyncSession,
    deps: Deps,
    signer: Signer,
    account: Account,
    wishes: dict[str, Any],
    *,
    identity: RecordId | None = None,
) -> RecordId:
    """Found a group with `account` as member 1; `wishes` are members of the root. Raises MalformedError."""
    nonce = random_bytes(16).hex()
    key = member_key(deps, await load_staying(session, deps, account), nonce)
    taken = await take_recovery_key(session, account.id, None)
    if taken is None:
        raise AccountRule.FOUNDER_WITHOUT_KEY.error()
    index, recovery = taken
    now = deps.clock()
    founder = Founder(wishes.pop("weight", FOUNDER_WEIGHT), deps.identity.home, key.did, recovery, identity)
    body = root_members(wishes, founder, nonce=nonce, at=now)
    root = open_record(signed(signer, body, key, now=now))
    await set_recovery_group(session, account.id, index, root.id)
    await save_membership(session, Membership(account.id, root.id, 1, key.did, nonce, 0, index, 0, state="member"))
    await take_root(session, deps, root, local=True, now=now)
    return root.id
