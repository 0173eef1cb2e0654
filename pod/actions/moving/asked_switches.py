"""A pod that has copied an account asks to become its home; its person agrees here, once more, or refuses.

Rules of this file (portability §3, step 1):

1. Only a pod that holds a grant of the account asks, for itself, by the actor and key that the grant was given to.
2. It shows the manifest that its copy was equal to. The account's present key signed it, so this pod said it, under
   this grant: what it doesn't hold was written since, and comes with the last delta, in the freeze.
3. A request lives for ten minutes, and a later one of the same pod takes its place.
4. Who agrees has proved just now who they are, and has typed the account's name. A code goes to a fixed path at the
   address that signed. The move is agreed to when the pod shows it, with the secret that only it knows, from the
   browser that began: so a link that somebody sent moves nobody.
5. Who came here lately rests first (`cool_down`).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.readers import VerifiedPod
from models.moving.asked_switches import (
    AskedSwitch,
    agree_to_asked,
    delete_asked_switches,
    load_asked_switch,
    put_asked_switch,
    take_asked_switch,
)
from models.moving.departures import load_departure, stop_waiting
from models.people.accounts import Account, load_account
from pod.actions.chain.views import load_view
from pod.actions.groups.founding import NAME, token_hash
from pod.actions.moving.asked_grants import LIFE_MS, check_home, check_token, code_hash
from pod.actions.moving.cool_down import check_rested
from pod.actions.moving.grant_messages import ConsentPage, ShownCode, challenge_fits
from pod.actions.moving.grants import OpenGrant, open_grant
from pod.actions.moving.switch_freeze import agree
from pod.actions.moving.switch_messages import SWITCHED_PATH, AgreedSwitch, WantedSwitch
from pod.actions.moving.way_back import check_typed
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.decisions import DecisionRule
from pod.rules.grants import GrantRule
from pod.rules.switches import SwitchRule
from protocol.copies import CopyManifest, parse_manifest
from protocol.ids import RecordId, parse_id
from protocol.keys import parse_did
from protocol.records.parts import Home

PAGE: Final = "/move/switch"


async def ask_switch(deps: Deps, asker: VerifiedPod, person: RecordId, wanted: WantedSwitch) -> ConsentPage:
    """Store the request; where its person answers it. Raises what it breaks of the rules above."""
    check_home(asker, wanted.home)
    now = deps.clock()
    await deps.store.limits.take("switch asked by a pod", wanted.home.pod, now=now)
    for name in ("challenge", "state"):
        check_token(name, getattr(wanted, name))
    if not NAME.fullmatch(wanted.name):
        raise AccountRule.NO_NAME.error()
    opened = await open_grant(deps, asker, wanted.grant)
    if opened.account.personal_group != person:
        raise GrantRule.GRANT_OVER.error()
    secret, until = random_token(), now + LIFE_MS

    async def action(session: AsyncSession) -> None:
        manifest = await _copied(session, deps, opened, wanted)
        await check_may_switch(session, opened.account, wanted.home.pod, now=now)
        asked = AskedSwitch(
            *(_hashed(secret), opened.account.id, wanted.home.pod, wanted.home.key, asker.actor, asker.key_sha256),
            *(wanted.name, manifest.at, sum(total.count for total in manifest.classes.values())),
            *(wanted.challenge, wanted.state, until),
        )
        await put_asked_switch(session, asked, now=now)

    await deps.store.write(action)
    return ConsentPage(f"{deps.identity.base_url}{PAGE}/{secret}", until)


async def _copied(session: AsyncSession, deps: Deps, opened: OpenGrant, wanted: WantedSwitch) -> CopyManifest:
    """The manifest that the copy was equal to; raises MalformedError or BadProofError."""
    assert opened.account.personal_group is not None
    state = (await load_view(session, deps, opened.account.personal_group)).state
    manifest = parse_manifest(wanted.manifest, state)
    under_it = opened.grant.made_at <= manifest.at <= deps.clock()
    if manifest.pod != deps.identity.base_url or not under_it:
        raise SwitchRule.OTHER_COPY.error()
    if set(manifest.classes) != set(opened.grant.classes.split()):
        raise SwitchRule.OTHER_COPY.error()
    return manifest


async def check_may_switch(session: AsyncSession, account: Account, pod: str, *, now: int) -> None:
    """Raise NotNowError if the account has moved already, or moved here a short time ago; FrozenError if it is."""
    if account.frozen_at is not None:
        raise DecisionRule.FROZEN.error()
    departure = await load_departure(session, account.id)
    if departure is not None and departure.item is not None:
        raise SwitchRule.COMMITTED.error()
    await check_rested(session, account, pod, now=now)


async def find_asked_switch(deps: Deps, account: Account, secret: str) -> AskedSwitch:
    """A request that this account may answer; raises GoneError, also for another account's."""
    async with deps.store.database.read() as session:
        asked = await load_asked_switch(session, _hashed(secret), account.id, now=deps.clock())
    if asked is None:
        raise GrantRule.ASKED_TOO_LONG_AGO.error()
    return asked


async def agree_to_switch(
    deps: Deps, account: Account, asked: AskedSwitch, handle: str, *, unwaited: tuple[str, ...] = (), soft: bool = False
) -> str:
    """Agree; the address with which the browser goes on. Raises MalformedError, NotNowError or GoneError."""
    check_typed(account, handle)
    code, now = random_token(), deps.clock()
    groups = " ".join(parse_id(group) for group in unwaited)
    agreed = msgspec.structs.replace(asked, unwaited=groups, soft=soft, expires_at=now + LIFE_MS)

    async def action(session: AsyncSession) -> bool:
        await check_may_switch(session, account, asked.pod, now=now)
        return await agree_to_asked(session, agreed, code_hash(code))

    if not await deps.store.write(action):
        raise GrantRule.ASKED_TOO_LONG_AGO.error()
    return f"{asked.pod}{SWITCHED_PATH}?{urlencode({'state': asked.state, 'code': code})}"


async def refuse_switch(deps: Deps, asked: AskedSwitch) -> None:
    """Let the request go unanswered."""
    await deps.store.write(lambda session: delete_asked_switches(session, asked.account_id, asked.sha256))


async def redeem_switch(deps: Deps, asker: VerifiedPod, person: RecordId, shown: ShownCode) -> AgreedSwitch:
    """Have what the person agreed to under this code hold; raises GoneError. The code is used up in any case."""
    now = deps.clock()

    async def action(session: AsyncSession) -> bool:
        asked = await take_asked_switch(session, code_hash(shown.code), now=now)
        if asked is None or (asked.actor, asked.actor_key) != (asker.actor, asker.key_sha256):
            return False
        account = await load_account(session, asked.account_id)
        if account is None or account.disabled or account.personal_group != person:
            return False
        if not challenge_fits(asked.challenge, shown.verifier):
            return False
        await check_may_switch(session, account, asked.pod, now=now)
        home = Home(asked.pod, parse_did(asked.pod_key))
        await agree(session, deps, account, home, name=asked.name, soft=asked.soft)
        for group in asked.unwaited.split():
            await stop_waiting(session, account.id, parse_id(group))
        return True

    if not await deps.store.write(action):
        raise GrantRule.GRANT_CODE_DEAD.error()
    return AgreedSwitch(person)


def _hashed(secret: str) -> bytes:
    return token_hash(f"switch/{secret}")
