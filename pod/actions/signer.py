"""One function signs for every asker: with a person's keys or the pod's, and only what this asker may have signed.

The asker is a value that is made where the request comes in; its type says what was proved:

- `TokenHolder`: a program with an API token, also with a copy of it.
- `SignedIn`: a browser, with the time at which its person last proved who it is.
- `PhraseHolder`: a person who gave the 24 words of the account.
- `PodItself`: nobody else asked; the pod opens an account, renews its key, seals, confirms, opens what was sealed.
- `Leaving`: an account that agreed to move to one home, and is frozen.

Rules of this file:

1. What a member says, and what it wishes of the group, a token and a browser may have signed.
2. What gives a membership away (`rekey`, `rehome`) is signed for the words, for the pod itself, and for a browser with
   a fresh proof. A token never gets it: it would outlive its revocation.
3. What stewards and keepers sign is signed for the pod itself; a recovery's handover for the words, too.
4. A personal group is founded by the pod alone. It also signs the claim that somebody asked for with their join, once
   that is settled. A `do` that this version doesn't know is signed for nobody.
5. What decides (a ballot, a delegation, bets) needs a proof of the last twelve hours, ten minutes where the group's
   policy says {"voting": {"proof": "fresh"}} (ADR 0054); from a program also a token that may decide. It is signed for
   nobody whose account is frozen, nor by a caller that doesn't say what the group demands.
6. A membership that is on its way here or that went to another home signs nothing (`load_signing_membership`).
7. A key of a person is made for an account that stays (`Staying`), as the action that signs with it found it. An
   account that moves is `Leaving`: its keys sign its rehomes to the home that it agreed to, the event that overtakes
   one, and nothing else. Only openings that are due and a copy's manifest are still written (`WRITTEN_WHILE_MOVING`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import Departure, load_departure
from models.people.accounts import Account, Membership, load_membership
from pod.actions.chain.stored_chain import waiting_operations
from pod.actions.chain.views import load_view
from pod.actions.drafted_kinds import DRAFTED
from pod.actions.seen_words import check_seen
from pod.deps import Deps
from pod.keyring import Keyring
from pod.rules.accounts import AccountRule
from pod.rules.decisions import DecisionRule
from pod.rules.groups import GroupRule
from pod.rules.switches import SwitchRule
from protocol.canonical import JsonObject
from protocol.copies import MANIFEST
from protocol.derivation import pairwise_key, pairwise_seed
from protocol.ids import RecordId
from protocol.keys import DidKey, PrivateKey
from protocol.proofs import add_proof, sign
from protocol.records.envelope import reopen_record
from protocol.records.operation import VOID, Operation, Rehome
from protocol.records.parts import GroupPolicy, Home

FRESH_MS: Final = 15 * 60_000
PROVED_WITHIN_MS: Final = 12 * 3_600_000
PROVED_JUST_NOW_MS: Final = 10 * 60_000
FRESH_PROOF: Final = "fresh"

# Tuples and not sets, because the value that is looked for may be any JSON, and a list has no hash.
WISHES: Final = ("join", "leave", "set-weight", "set-policy", "publish", "succeed", "event")
GIVING_AWAY: Final = ("rekey", "rehome")
STEPPED_UP: Final = ("Ballot", "Delegation", "Sealed")
WRITTEN_WHILE_MOVING: Final = ("Opening", MANIFEST)
WITHDRAW: Final = "withdraw"
ARRIVING: Final = ("Profile", "Post", "Patch", "Vote")
_OF_POLLS: Final = (("Opening", None), ("LotShare", None))
OF_THE_POD: Final = (
    "Seal",
    "Handover",
    "Ack",
    "Receipt",
    MANIFEST,
    *(name for name, kind in DRAFTED if not kind.by_members),
)


@dataclass(frozen=True)
class TokenHolder:
    """A program that sent an API token of the account.

    `decides`: the owner let it vote and delegate; `proved_at`: when it last proved that its owner is there.
    """

    account: Account
    decides: bool = False
    proved_at: int = 0


@dataclass(frozen=True)
class SignedIn:
    """A browser with a session of the account; `proved_at`: when the person last proved who they are."""

    account: Account
    proved_at: int


@dataclass(frozen=True)
class PhraseHolder:
    """A person who gave the account's 24 words with this request."""


@dataclass(frozen=True)
class PodItself:
    """The pod, on its own behalf or for one of its people who didn't ask."""


@dataclass(frozen=True)
class Staying:
    """An account that isn't moving away, as the action that holds this value found it (`load_staying`)."""

    account: Account


@dataclass(frozen=True)
class Leaving:
    """An account that agreed to move to `home`, and that is frozen (`leaving`)."""

    account: Account
    home: Home


@dataclass(frozen=True)
class Arrived:
    """An account that moved here: what it wrote at its old pod, and no log has, is signed anew."""

    account: Account


Person = TokenHolder | SignedIn
Signer = Person | PhraseHolder | PodItself | Leaving | Arrived
KeyHolder = Staying | Leaving


async def load_staying(session: AsyncSession, deps: Deps, account: Account, kind: str = "") -> Staying:
    """Leave to use the account's keys in this action, for a record of this kind; raises MovingError."""
    departure = await load_departure(session, account.id)
    if departure is not None and departure.is_frozen(deps.clock()) and kind not in WRITTEN_WHILE_MOVING:
        raise SwitchRule.MOVING.error(pod=departure.pod)
    return Staying(account)


def leaving(account: Account, departure: Departure, *, now: int) -> Leaving:
    """Leave to sign what moves the account to the home that it agreed to; raises NotNowError."""
    if not departure.is_frozen(now):
        raise SwitchRule.NOT_FROZEN.error()
    return Leaving(account, Home(departure.pod, departure.key))


def signed(
    signer: Signer, body: JsonObject, *keys: PrivateKey, now: int, as_list: bool = False, proved_within: int = 0
) -> JsonObject:
    """The record with the proofs of `keys`; raises MayNotSignError if this signer may not have it signed.

    `proved_within`: how old (ms) the proof may be with which the group lets somebody decide.
    """
    _check_may_sign(signer, body, now=now)
    if body.get("type") in STEPPED_UP:
        _check_may_decide(signer, now=now, within=proved_within)
    check_seen(body)
    return sign(body, *keys, as_list=as_list)


def proved_within(policy: GroupPolicy) -> int:
    """How old (ms) the proof may be with which a group lets somebody decide."""
    fresh = (policy.voting or {}).get("proof") == FRESH_PROOF
    return PROVED_JUST_NOW_MS if fresh else PROVED_WITHIN_MS


def cosigned(signer: Signer, record: JsonObject, key: PrivateKey, *, now: int) -> JsonObject:
    """A record that others signed, with the proof of `key` added; the same rules apply."""
    _check_may_sign(signer, record, now=now)
    if record.get("type") in STEPPED_UP:
        raise AccountRule.NOT_FOR_THIS_ASKER.error()
    return add_proof(record, key)


def _check_may_sign(signer: Signer, body: Mapping[str, Any], *, now: int) -> None:
    kind, do = body.get("type"), body.get("do")
    match signer:
        case PodItself():
            named = (kind, body.get("kind") if kind == "GroupRoot" else do)
            of_a_person = (("GroupRoot", "person"), ("Operation", "rehome"), ("Claim", None), *_OF_POLLS)
            allowed = kind in OF_THE_POD or named in of_a_person
        case PhraseHolder():
            allowed = kind == "Handover" or (kind == "Operation" and (do in GIVING_AWAY or _voids(body)))
        case Leaving(home=home):
            allowed = kind == "Operation" and (_leads_to(body, home) or _overtakes(body))
        case Arrived():
            allowed = kind in ARRIVING
        case SignedIn(proved_at=proved_at) if kind == "Operation" and do in GIVING_AWAY:
            allowed = now - proved_at < FRESH_MS
        case SignedIn() | TokenHolder():
            allowed = _may_say(body)
    if not allowed:
        raise AccountRule.NOT_FOR_THIS_ASKER.error()


def _check_may_decide(signer: Signer, *, now: int, within: int) -> None:
    """Raise what keeps this signer from deciding."""
    if not isinstance(signer, SignedIn | TokenHolder):
        raise AccountRule.NOT_FOR_THIS_ASKER.error()
    if signer.account.frozen_at is not None:
        raise DecisionRule.FROZEN.error()
    if isinstance(signer, TokenHolder) and not signer.decides:
        raise DecisionRule.TOKEN_DECIDES_NOTHING.error()
    if now - signer.proved_at >= within:
        if within < PROVED_WITHIN_MS:
            raise DecisionRule.PROVE_JUST_NOW.error()
        raise DecisionRule.PROVE_FIRST.error()


def _leads_to(body: Mapping[str, Any], home: Home) -> bool:
    """Whether an operation moves its author to exactly this home."""
    said = body.get("with")
    told = said.get("home") if isinstance(said, Mapping) else None
    return body.get("do") == "rehome" and told == {"pod": home.pod, "key": home.key}


def _overtakes(body: Mapping[str, Any]) -> bool:
    """Whether an operation only overtakes what its author signed before."""
    said = body.get("with")
    return body.get("do") == "event" and isinstance(said, Mapping) and said.get("name") == WITHDRAW


def _voids(body: Mapping[str, Any]) -> bool:
    """Whether an operation says that votes weren't its author's own."""
    said = body.get("with")
    return body.get("do") == "event" and isinstance(said, Mapping) and said.get("name") == VOID


def _may_say(body: Mapping[str, Any]) -> bool:
    match body.get("type"):
        case "Operation":
            return body.get("do") in WISHES
        case "GroupRoot":
            return body.get("kind") == "group"
        case kind:
            return kind not in OF_THE_POD


async def load_signing_membership(
    session: AsyncSession, deps: Deps, account: Account, group: RecordId
) -> tuple[Membership, int]:
    """The account's numbered membership; raises NotMemberError, or the reason why its key can't sign now."""
    membership = await load_membership(session, account.id, group)
    if membership is not None and membership.state == "moving":
        raise GroupRule.ON_ITS_WAY.error()
    if membership is not None and membership.state == "moved":
        raise GroupRule.MOVED_AWAY.error(pod=await _home_of(session, deps, group, membership))
    if membership is None or membership.number is None:
        raise GroupRule.NOT_A_MEMBER_YET.error()
    member = (await load_view(session, deps, group)).state.members.get(membership.number)
    keyring = deps.identity.keyring
    # This key signed with counters that the backup doesn't know; a record with one of them again counts nowhere.
    if member is not None and member.home.key in {key.did for key in keyring.former}:
        raise GroupRule.RESTORED.error()
    if member is not None and member.home.key != keyring.pod_key.did:
        raise GroupRule.MOVED_AWAY.error(pod=member.home.pod)
    return membership, membership.number


async def _home_of(session: AsyncSession, deps: Deps, group: RecordId, membership: Membership) -> str:
    """The URL of the membership's new home; while the move isn't sealed, the home that it moves to."""
    state = (await load_view(session, deps, group)).state
    number = state.keys.get(membership.signing)
    home = state.members[number].home.pod if number is not None else ""
    async for waiting in waiting_operations(session, group):
        operation = reopen_record(waiting.wire).content
        if isinstance(operation, Operation) and operation.author == number and isinstance(operation.wish, Rehome):
            home = operation.wish.home.pod
    return home


def seed_of(keyring: Keyring, account: Account) -> bytes:
    """The account's signing seed, decrypted."""
    return keyring.unseal(account.seed_sealed, f"seed/{account.name}")


def member_key(deps: Deps, holder: KeyHolder, context: str, index: int = 0) -> PrivateKey:
    """The account's signing key for a context (a group, or a root's nonce) and an index."""
    return pairwise_key(seed_of(deps.identity.keyring, holder.account), "signing", context, index)


def coming_key(keyring: Keyring, name: str, seed_sealed: bytes, context: str, index: int) -> DidKey:
    """The public key that somebody will have here who isn't here yet."""
    return pairwise_key(keyring.unseal(seed_sealed, f"seed/{name}"), "signing", context, index).did


def signing_key(deps: Deps, holder: KeyHolder, membership: Membership) -> PrivateKey:
    """The account's present key in a group; raises LookupError if the account's seed doesn't give it."""
    return PrivateKey.from_seed(signing_seed(deps, holder, membership))


def signing_seed(deps: Deps, holder: KeyHolder, membership: Membership) -> bytes:
    """What the account's present key in a group is made of; raises LookupError."""
    seed = seed_of(deps.identity.keyring, holder.account)
    # A key that was asked for under one index may be sealed under a later one if another replacement came first.
    for index in range(membership.key_index, -1, -1):
        own = pairwise_seed(seed, "signing", membership.context, index)
        if PrivateKey.from_seed(own).did == membership.signing:
            return own
    raise LookupError("The account's seed doesn't give the membership's key.")
