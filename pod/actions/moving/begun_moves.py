"""A move to this pod, from the look-up of an account elsewhere to a grant that lets this pod copy it.

A traveller has no account here. Their browser keeps a secret by which their move is known; a code that the old pod
gives is taken only from the browser that keeps it (portability §2, Beginning and Consent).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Literal, TypeVar

import msgspec
from yarl import URL

from federation.addresses import same_origin
from federation.content_types import PLAIN_JSON
from federation.errors import HostBlockedError, RemoteError
from federation.rules.answers import RemoteFault
from federation.signatures import SignedRequest, sign_once
from federation.webfinger import parse_handle
from models.moving.moves import BEGUN, Move, insert_move, load_move, set_move
from models.pod.pod_invites import load_invite_by_code
from models.pod.settings import load_settings
from pod.actions.admin.pod_invites import code_hash
from pod.actions.chain.views import load_view
from pod.actions.fediverse.actors import POD, signing_key
from pod.actions.groups.founding import token_hash
from pod.actions.groups.pasted_links import resolve
from pod.actions.moving.grant_messages import (
    AskingHome,
    ConsentPage,
    GivenGrant,
    ShownCode,
    WantedGrant,
    challenge_of,
)
from pod.blocked_hosts import HostBlocks, for_a_move
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.grants import GrantRule
from pod.rules.groups import GroupRule
from protocol.copies import CLASSES
from protocol.errors import RefusedError
from protocol.ids import RecordId

Tier = Literal["full", "files", "gone"]
BEGUN_MS: Final = 60 * 60_000
KEPT_MS: Final = 30 * 86_400_000
T = TypeVar("T")


class LookedUpAccount(msgspec.Struct, frozen=True):
    """An account elsewhere: at which pod, its personal group if that is known, and what can be copied from there."""

    pod: str
    group: RecordId | None
    tier: Tier


async def check_may_come(deps: Deps, invite: str) -> int | None:
    """Refuse who couldn't sign up here either, before anything is asked elsewhere; the number of the invitation.

    Raises RegistrationClosedError or BadInviteError. The invitation is used up when the account is opened.
    """
    async with deps.store.database.read() as session:
        mode = (await load_settings(session)).registration
        found = await load_invite_by_code(session, code_hash(invite)) if mode == "invite" else None
    if mode == "closed":
        raise AccountRule.REGISTRATION_CLOSED.error()
    if mode == "invite" and (found is None or not found.works(deps.clock())):
        raise AccountRule.BAD_INVITE.error()
    return found.id if found is not None else None


async def begin_move(deps: Deps, typed: str, former: str, invite: int | None = None, *, payer: str = "") -> str:
    """Look an account up and begin a move; the secret that the browser keeps. `former`: that of its last move.

    `payer`: the network address that room for its copy is counted by; "": nobody's.

    Raises MalformedError, NotFoundError or UnsafeAddressError where no account can be meant.
    """
    found, secret, now = await find_account(deps, typed), random_token(), deps.clock()
    move = Move(
        *(move_hash(secret), typed.strip(), found.pod, found.group, found.tier, "", "", None, ""),
        *(now, None, now + BEGUN_MS),
        invite_id=invite,
        payer=deps.identity.keyring.keyed("move", payer) if payer else None,
    )
    await deps.store.write(lambda session: insert_move(session, move, instead_of=move_hash(former), now=now))
    return secret


async def find_account(deps: Deps, typed: str) -> LookedUpAccount:
    """Where an account is at home, and what that pod can give. Never call it inside a write action."""
    try:
        with for_a_move():
            link = await resolve(deps, typed)
    except RemoteError as error:
        if error.status is not None and not error.retry:
            raise GroupRule.NOBODY_THERE.error() from error
        return LookedUpAccount(_typed_host(deps, typed), None, "gone")
    except RefusedError as error:
        if _is_other_software(error, typed):
            return LookedUpAccount(_typed_host(deps, typed), None, "files")
        raise
    if link.group is None:
        raise GrantRule.NOT_AN_ACCOUNT.error()
    pod = link.pod or await _known_home(deps, link.group)
    if pod == deps.identity.base_url:
        raise GrantRule.HERE_ALREADY.error()
    with for_a_move():
        await HostBlocks(deps.store).admit(pod)
    return LookedUpAccount(pod, link.group, "full")


async def find_move(deps: Deps, secret: str) -> Move:
    """The move of a browser; raises NotFoundError."""
    async with deps.store.database.read() as session:
        move = await load_move(session, move_hash(secret), now=deps.clock()) if secret else None
    if move is None:
        raise GrantRule.NO_MOVE_HERE.error()
    return move


async def ask_old_pod(deps: Deps, move: Move, *, standing: bool) -> None:
    """Push the request to the old pod and keep where the person agrees; raises RemoteError or NoGrantError."""
    verifier, state, home = random_token(), random_token(), deps.identity.home
    wanted = WantedGrant(
        who=move.group_id or "",
        home=AskingHome(home.pod, home.key),
        classes=list(CLASSES),
        challenge=challenge_of(verifier),
        state=state,
        standing=standing,
    )
    told = await _push(deps, f"{move.pod}/moves/asked", wanted, ConsentPage)
    if not same_origin(told.page, move.pod):
        raise GrantRule.ANSWER_OF_ANOTHER.error()
    sealed = deps.identity.keyring.seal(verifier.encode(), _purpose(move))
    await _keep(deps, move, state=state, consent_page=told.page, sealed=sealed)


async def take_code(deps: Deps, move: Move, state: str, code: str) -> None:
    """Have the old pod give the grant that the code stands for, and keep it; raises OtherBrowserError, RemoteError."""
    if not move.state or not hmac.compare_digest(move.state.encode(), state.encode()) or move.sealed is None:
        raise GrantRule.BEGAN_ELSEWHERE.error()
    verifier = deps.identity.keyring.unseal(move.sealed, _purpose(move)).decode()
    given = await _push(deps, f"{move.pod}/moves/grants", ShownCode(code, verifier), GivenGrant)
    if given.group != move.group_id:
        raise GrantRule.ANSWER_OF_ANOTHER.error()
    now = deps.clock()
    await _keep(
        deps,
        move,
        state="",
        consent_page="",
        sealed=deps.identity.keyring.seal(given.grant.encode(), _purpose(move)),
        classes=" ".join(name for name in CLASSES if name in given.classes),
        granted_at=now,
        expires_at=None if given.expires_at is None else now + KEPT_MS,
        standing=given.expires_at is None,
        private=given.private,
        stage=BEGUN,
        stage_at=now,
        due_at=now,
    )


def grant_of(deps: Deps, move: Move) -> str:
    """The grant's name at the old pod, of a move that was granted."""
    if move.sealed is None or move.granted_at is None:
        raise GrantRule.NO_MOVE_HERE.error()
    return deps.identity.keyring.unseal(move.sealed, _purpose(move)).decode()


def move_hash(secret: str) -> bytes:
    """What the database keeps of a traveller's secret."""
    return token_hash(f"move/{secret}")


async def _keep(deps: Deps, move: Move, **changes: object) -> None:
    if not await deps.store.write(lambda session: set_move(session, move, **changes)):
        raise GrantRule.NO_MOVE_HERE.error()


async def _push(deps: Deps, url: str, wish: msgspec.Struct, kind: type[T]) -> T:
    key = await signing_key(deps, f"{deps.identity.base_url}/{POD}")

    def signed(request: SignedRequest) -> Mapping[str, str]:
        return sign_once(request, key, nonce=random_token(), now=deps.clock())

    body = msgspec.json.encode(wish)
    try:
        with for_a_move():
            answer = await deps.outside.http.post(url, body, content_type=PLAIN_JSON, sign=signed, hear_refusal=True)
    except RemoteError as error:
        if error.status == HTTPStatus.FORBIDDEN and HostBlockedError.code.encode() in error.body:
            raise GrantRule.BLOCKED_THERE.error() from error
        raise
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError as error:
        raise RemoteError(RemoteFault.NO_OBJECT, retry=False) from error


def _is_other_software(error: RefusedError, typed: str) -> bool:
    """Whether a server knows somebody of that address, but isn't a pod."""
    rule = error.refused.rule
    named = not typed.strip().startswith(("http://", "https://"))
    return rule is GroupRule.NO_POD_THERE or (rule is GroupRule.NEITHER_GROUP_NOR_PERSON and named)


def _purpose(move: Move) -> str:
    return f"move/{move.sha256.hex()}"


def _typed_host(deps: Deps, typed: str) -> str:
    """The pod that a handle or address names, whether or not it answers."""
    text = typed.strip()
    if text.startswith(("http://", "https://")):
        return str(URL(text).origin())
    return f"{URL(deps.identity.base_url).scheme}://{parse_handle(text).host}"


async def _known_home(deps: Deps, group: RecordId) -> str:
    """Where the person of a personal group is at home, if this pod reads that group."""
    try:
        async with deps.store.database.read() as session:
            state = (await load_view(session, deps, group)).state
    except RefusedError as error:
        raise GrantRule.HOME_UNKNOWN.error() from error
    if state.kind != "person":
        raise GrantRule.HOME_UNKNOWN.error()
    return state.members[1].home.pod
