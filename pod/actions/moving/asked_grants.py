"""A pod asks to read an account that is at home here; its person agrees or refuses, and nobody else.

Rules of this file (portability §2, Consent):

1. A pod asks by a signed request of its own actor, for itself: the home that it names is its own address.
2. A request lives for ten minutes; of one pod, and for one account, only so many wait.
3. Who agrees has typed the host of the pod that asks. Private groups, and a grant without end, are ticked apart.
4. The code goes to a fixed path at the address that signed, never to one that was given.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.readers import VerifiedPod
from models.fediverse.actor_keys import load_owner_name
from models.moving.grants import AskedGrant, delete_asked, insert_asked, load_asked, set_agreed
from models.people.accounts import Account, load_account_named
from pod.actions.fediverse.actors import POD
from pod.actions.groups.founding import token_hash
from pod.actions.moving.grant_messages import RETURN_PATH, AskingHome, ConsentPage, WantedGrant
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.grants import GrantRule
from pod.rules.groups import GroupRule
from protocol.copies import CLASSES
from protocol.errors import RefusedError
from protocol.ids import parse_id
from protocol.keys import parse_did
from protocol.origins import is_bare_origin

LIFE_MS: Final = 10 * 60_000
MOST_OF_POD: Final = 50  # requests that wait, of one pod for one account
MOST_ASKED: Final = 500
PAGE: Final = "/move/consent"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ID_BEGINS: Final = "bagaaiera"


class Agreement(msgspec.Struct, frozen=True):
    """What the person ticked, and the host that they typed."""

    classes: tuple[str, ...]
    private: bool
    standing: bool
    host: str


async def ask_grant(deps: Deps, asker: VerifiedPod, wanted: WantedGrant) -> ConsentPage:
    """Store the request; where its person answers it. Raises MalformedError, NotFoundError, TooManyTriesError."""
    check_home(asker, wanted.home)
    now = deps.clock()
    await deps.store.limits.take("grant asked by a pod", wanted.home.pod, now=now)
    _check_form(wanted)
    account = await _load_wanted(deps, wanted.who)
    secret, until = random_token(), now + LIFE_MS
    asked = AskedGrant(
        *(_hashed(secret), account.id, wanted.home.pod, wanted.home.key, asker.actor, asker.key_sha256),
        *(" ".join(name for name in CLASSES if name in wanted.classes), False, wanted.standing),
        *(wanted.challenge, wanted.state, until),
    )
    if not await deps.store.write(
        lambda session: insert_asked(session, asked, most_of_pod=MOST_OF_POD, most=MOST_ASKED, now=now)
    ):
        raise GrantRule.TOO_MANY_ASK.error(seconds=LIFE_MS // 1000)
    return ConsentPage(f"{deps.identity.base_url}{PAGE}/{secret}", until)


async def find_asked(deps: Deps, account: Account, secret: str) -> AskedGrant:
    """A request that this account may answer; raises GoneError, also for another account's."""
    async with deps.store.database.read() as session:
        asked = await load_asked(session, _hashed(secret), account.id, now=deps.clock())
    if asked is None:
        raise GrantRule.ASKED_TOO_LONG_AGO.error()
    return asked


async def agree(deps: Deps, asked: AskedGrant, agreement: Agreement) -> str:
    """Agree to the request; the address with which the browser goes on. Raises WrongHostError or GoneError."""
    if agreement.host.strip().casefold() != host_in(asked.pod):
        raise GrantRule.WRONG_HOST.error()
    classes = [name for name in asked.classes.split() if name in agreement.classes]
    if not classes:
        raise GrantRule.NOTHING_TICKED.error()
    code = random_token()
    agreed = msgspec.structs.replace(
        asked,
        classes=" ".join(classes),
        private=agreement.private,
        standing=asked.standing and agreement.standing,
        expires_at=deps.clock() + LIFE_MS,
    )
    if not await deps.store.write(lambda session: set_agreed(session, agreed, code_hash(code))):
        raise GrantRule.ASKED_TOO_LONG_AGO.error()
    return f"{asked.pod}{RETURN_PATH}?{urlencode({'state': asked.state, 'code': code})}"


async def refuse(deps: Deps, asked: AskedGrant) -> None:
    """Let the request go unanswered."""
    await deps.store.write(lambda session: delete_asked(session, asked.sha256, asked.account_id))


def host_in(pod: str) -> str:
    """The host of a pod's address, with its port if that isn't the usual one."""
    return pod.partition("://")[2]


def code_hash(code: str) -> bytes:
    """What the database keeps of a code."""
    return token_hash(f"code/{code}")


def _hashed(secret: str) -> bytes:
    return token_hash(f"asked/{secret}")


def check_home(asker: VerifiedPod, home: AskingHome) -> None:
    """Refuse a pod that asks for another one, or by somebody's actor."""
    if not is_bare_origin(home.pod) or asker.actor != f"{home.pod}/{POD}":
        raise GrantRule.HOME_OF_ANOTHER.error(home=home.pod, actor=asker.actor)
    parse_did(home.key)


def check_token(name: str, told: str) -> None:
    """Refuse a member that isn't 43 letters of base64url."""
    if not _TOKEN.fullmatch(told):
        raise GrantRule.ODD_WISH.error(name=name)


def _check_form(wanted: WantedGrant) -> None:
    for name in ("challenge", "state"):
        check_token(name, getattr(wanted, name))
    if not set(wanted.classes) & set(CLASSES):
        raise GrantRule.ODD_WISH.error(name="classes")


async def _load_wanted(deps: Deps, who: str) -> Account:
    async with deps.store.database.read() as session:
        account = await _load_by(session, who)
    if account is None or account.disabled or account.personal_group is None:
        raise GroupRule.NOBODY_OF_THAT_NAME.error()
    return account


async def _load_by(session: AsyncSession, who: str) -> Account | None:
    if not who.startswith(_ID_BEGINS):
        return await load_account_named(session, who)
    try:
        name = await load_owner_name(session, parse_id(who))
    except RefusedError:
        return None
    return await load_account_named(session, name) if name else None
