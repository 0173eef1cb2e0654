"""Operations: a member's signed wish to change a group, parsed strictly by what it does.

Shapes: protocol.md section 3, table of operations. Who may do what is judged in `protocol.operations`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Generic, TypeVar

import msgspec

from protocol.canonical import JsonObject, bytes_of_checked
from protocol.ids import RecordId, parse_id, record_id
from protocol.keys import DidKey, parse_did
from protocol.limits import MAX_NAME_LENGTH, MAX_WEIGHT
from protocol.proofs import proof_keys, signers_of
from protocol.records.parts import Home, Invitation, integer, mapping, parse_home, parse_invitation, parse_policy, text
from protocol.rules.records import RecordRule

W = TypeVar("W")


class SignedInvitation(msgspec.Struct, frozen=True, gc=False):
    """An invitation with its id and the keys that signed it."""

    id: RecordId
    group: RecordId
    signers: tuple[DidKey, ...]
    content: Invitation


class Join(msgspec.Struct, frozen=True, gc=False):
    """Become a member, with a new number."""

    home: Home
    signing: DidKey
    recovery: DidKey
    identity: RecordId | None = None
    invitation: SignedInvitation | None = None


class Leave(msgspec.Struct, frozen=True, gc=False):
    """Leave the group; the number stays taken."""


class SetWeight(msgspec.Struct, frozen=True, gc=False):
    """Give another member a weight."""

    member: int
    weight: int


class Rekey(msgspec.Struct, frozen=True, gc=False):
    """Replace the member's signing key; inside a recovery also the recovery key."""

    signing: DidKey
    recovery: DidKey | None = None


class Rehome(msgspec.Struct, frozen=True, gc=False):
    """Move to another pod with a new signing key; inside a recovery also with a new recovery key."""

    home: Home
    signing: DidKey
    recovery: DidKey | None = None


class SetPolicy(msgspec.Struct, frozen=True, gc=False):
    """Change the named members of the policy and keep the others."""

    policy: dict[str, Any]


class Publish(msgspec.Struct, frozen=True, gc=False):
    """Make the group known under a public name."""

    subject: str


class Succeed(msgspec.Struct, frozen=True, gc=False):
    """Continue the group elsewhere."""

    group: RecordId


VOID: Final = "void"


class Event(msgspec.Struct, frozen=True, gc=False):
    """An ordered event for decisions; the chain checks only author, counter and permission."""

    name: str
    document: dict[str, Any]


class UnknownDo(msgspec.Struct, frozen=True, gc=False):
    """A wish that this version doesn't know: void."""

    do: str


Wish = Join | Leave | SetWeight | Rekey | Rehome | SetPolicy | Publish | Succeed | Event | UnknownDo


class Operation(msgspec.Struct, frozen=True, gc=False):
    """A member's signed wish. `key` is None and `recovery` set if a recovery key signed it."""

    id: RecordId
    author: int
    key: int | None
    recovery: int | None
    counter: int
    at: int
    wish: Wish
    signers: tuple[DidKey, ...]


def parse_operation(
    own_id: RecordId, body: Mapping[str, Any], signers: tuple[DidKey, ...], *, verify: bool
) -> Operation:
    """Parse an operation whose own proofs `signers` made; raises MalformedError.

    `verify`: whether to verify an invitation inside; not needed if the operation comes from our own store.
    """
    if ("key" in body) == ("recovery" in body):
        raise RecordRule.KEY_OR_RECOVERY.error()
    return Operation(
        id=own_id,
        author=integer(body, "author", 0),
        key=integer(body, "key", 0) if "key" in body else None,
        recovery=integer(body, "recovery", 0) if "recovery" in body else None,
        counter=integer(body, "counter", 1),
        at=integer(body, "at", 0),
        wish=_parse_wish(text(body, "do", MAX_NAME_LENGTH, shortest=1), mapping(body, "with"), verify=verify),
        signers=signers,
    )


def _parse_wish(do: str, document: dict[str, Any], *, verify: bool) -> Wish:
    if do == "join":
        return _parse_join(document, verify=verify)
    kind = WISHES.get(do)
    return kind.parse(document) if kind else UnknownDo(do)


def _parse_join(document: dict[str, Any], *, verify: bool) -> Join:
    join = Join(
        home=parse_home(document.get("home")),
        signing=parse_did(document.get("signing")),
        recovery=parse_did(document.get("recovery")),
        identity=parse_id(document["identity"]) if "identity" in document else None,
        invitation=(
            open_invitation(mapping(document, "invitation"), verify=verify) if "invitation" in document else None
        ),
    )
    if join.signing == join.recovery:
        raise RecordRule.KEYS_ALIKE.error()
    return join


def open_invitation(body: dict[str, Any], *, verify: bool) -> SignedInvitation:
    """Open the invitation inside a join; raises MalformedError or BadProofError."""
    if body.get("type") != "Invitation" or body.get("rules") != 1:
        raise RecordRule.NO_INVITATION.error()
    canonical = bytes_of_checked({name: value for name, value in body.items() if name != "proof"})
    signers = signers_of(canonical, body.get("proof")) if verify else proof_keys(body)
    return SignedInvitation(record_id(canonical), parse_id(body.get("group")), signers, parse_invitation(body))


def _optional_did(document: dict[str, Any], name: str) -> DidKey | None:
    return parse_did(document[name]) if name in document else None


def dump_wish(wish: Wish) -> JsonObject:
    """`do` and `with` of an operation with this wish; the caller adds the signed invitation of a join."""
    do, kind = next((do, kind) for do, kind in WISHES.items() if kind.wish is type(wish))
    return {"do": do, "with": kind.dump(wish)}


def _plain(wish: Any) -> JsonObject:
    return {name: value for name, value in msgspec.to_builtins(wish).items() if value is not None}


class WishKind(msgspec.Struct, Generic[W], frozen=True):
    """A kind of wish: its type, and how its `with` is parsed and dumped."""

    wish: type[W]
    parse: Callable[[JsonObject], W]
    dump: Callable[[W], JsonObject]


WISHES: Final[dict[str, WishKind[Any]]] = {
    "join": WishKind(
        Join,
        partial(_parse_join, verify=True),
        lambda join: _plain(msgspec.structs.replace(join, invitation=None)),
    ),
    "leave": WishKind(Leave, lambda _: Leave(), _plain),
    "set-weight": WishKind(
        SetWeight,
        lambda d: SetWeight(integer(d, "member", 1), integer(d, "weight", -MAX_WEIGHT, MAX_WEIGHT)),
        _plain,
    ),
    "rekey": WishKind(Rekey, lambda d: Rekey(parse_did(d.get("signing")), _optional_did(d, "recovery")), _plain),
    "rehome": WishKind(
        Rehome,
        lambda d: Rehome(parse_home(d.get("home")), parse_did(d.get("signing")), _optional_did(d, "recovery")),
        _plain,
    ),
    "set-policy": WishKind(SetPolicy, lambda d: SetPolicy({**d, **parse_policy(d)}), lambda wish: wish.policy),
    "publish": WishKind(Publish, lambda d: Publish(text(d, "subject", MAX_NAME_LENGTH, shortest=1)), _plain),
    "succeed": WishKind(Succeed, lambda d: Succeed(parse_id(d.get("group"))), _plain),
    "event": WishKind(
        Event,
        lambda d: Event(text(d, "name", MAX_NAME_LENGTH, shortest=1), d),
        lambda event: {**event.document, "name": event.name},
    ),
}
