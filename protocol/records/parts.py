"""What several records of a group hold, parsed once and strictly: homes, invitations, policies, and plain members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from protocol.keys import DidKey, parse_did
from protocol.limits import (
    MAX_AREAS,
    MAX_DEFAULT_SCORE,
    MAX_DESCRIPTION_LENGTH,
    MAX_INTEGER,
    MAX_INVITATION_USES,
    MAX_NAME_LENGTH,
    MAX_WEIGHT,
)
from protocol.origins import is_bare_origin
from protocol.rules.records import RecordRule


class Home(msgspec.Struct, frozen=True, gc=False):
    """A pod as a group knows it: base URL and protocol key. The protocol never fetches anything from it."""

    pod: str
    key: DidKey


class GroupPolicy(msgspec.Struct, frozen=True, gc=False):
    """The rules of a group that its owners may change (`set-policy`). None: not set.

    `unknown`: members of later versions, kept unchanged, so that all pods hold the same state.
    """

    name: str
    others_weight: int
    default_score: int
    description: str | None = None
    handover_after: int | None = None
    permissions: dict[str, int] | None = None
    areas: list[dict[str, Any]] | None = None
    voting: dict[str, Any] | None = None
    unknown: dict[str, Any] = {}

    def members(self) -> dict[str, Any]:
        """The members that are set, as in records and states; `policy_of` reads them back."""
        known = {name: value for name in _POLICY if (value := getattr(self, name)) is not None}
        return self.unknown | known

    def changed(self, change: Mapping[str, Any]) -> GroupPolicy:
        """The policy after the members of `change` replaced its own."""
        return policy_of({**self.members(), **change})


class Invitation(msgspec.Struct, frozen=True, gc=False):
    """A signed offer of a weight to the holder of the seed of `to`; it is part of a join."""

    author: int
    key: int
    counter: int
    at: int
    weight: int
    to: DidKey
    uses: int
    expires: int


def integer(body: Mapping[str, Any], name: str, low: int, high: int = MAX_INTEGER) -> int:
    """Return the integer member `name` within low..high, or raise MalformedError."""
    value = body.get(name)
    if type(value) is not int or not low <= value <= high:
        raise RecordRule.NO_INTEGER.error(name=name, low=low, high=high)
    return value


def text(body: Mapping[str, Any], name: str, longest: int, *, shortest: int = 0) -> str:
    """Return the string member `name` of shortest..longest characters, or raise MalformedError."""
    value = body.get(name)
    if type(value) is not str or not shortest <= len(value) <= longest:
        raise RecordRule.NO_STRING.error(name=name, shortest=shortest, longest=longest)
    return value


def mapping(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object member `name`, or raise MalformedError."""
    value = body.get(name)
    if type(value) is not dict:
        raise RecordRule.NO_MAPPING.error(name=name)
    return value


def one_of(body: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    """Return the string member `name`, one of `choices`, or raise MalformedError."""
    value = body.get(name)
    if value not in choices:
        raise RecordRule.NO_CHOICE.error(name=name, choices=", ".join(choices))
    return str(value)


def parse_home(value: object) -> Home:
    """Parse {pod, key}. The URL is a bare origin; the protocol compares it as a string and never fetches it."""
    match value:
        case {"pod": str(pod), "key": key} if is_bare_origin(pod):
            return Home(pod, parse_did(key))
    raise RecordRule.NO_HOME.error()


def parse_invitation(body: Mapping[str, Any]) -> Invitation:
    """Parse an invitation; its signers are checked when the join is applied."""
    return Invitation(
        author=integer(body, "author", 1),
        key=integer(body, "key", 0),
        counter=integer(body, "counter", 1),
        at=integer(body, "at", 0),
        weight=integer(body, "weight", 1, MAX_WEIGHT),
        to=parse_did(body.get("to")),
        uses=integer(body, "uses", 1, MAX_INVITATION_USES) if "uses" in body else 1,
        expires=integer(body, "expires", 0),
    )


def parse_policy(body: Mapping[str, Any]) -> dict[str, Any]:
    """Check the known members of a policy (in a root or a set-policy) and return those that are present.

    `set-policy` keeps members that this version doesn't know, so that all pods hold the same policy.
    """
    return {name: read(body, name) for name, read in _POLICY.items() if name in body}


def policy_of(members: Mapping[str, Any]) -> GroupPolicy:
    """The policy from members that `parse_policy` checked; name, others_weight and default_score must be present."""
    known = {name: value for name, value in members.items() if name in _POLICY}
    return GroupPolicy(**known, unknown={name: value for name, value in members.items() if name not in _POLICY})


def _permissions(body: Mapping[str, Any], name: str) -> dict[str, int]:
    permissions = mapping(body, name)
    return {capability: integer(permissions, capability, -MAX_WEIGHT, MAX_WEIGHT) for capability in permissions}


def _areas(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = body[name]
    if type(value) is not list or len(value) > MAX_AREAS:
        raise RecordRule.NO_AREAS.error(most=MAX_AREAS)
    areas = []
    for area in value:
        if type(area) is not dict:
            raise RecordRule.NO_AREA.error()
        text(area, "area", MAX_NAME_LENGTH, shortest=1)
        text(area, "name", MAX_NAME_LENGTH, shortest=1)
        if "parent" in area:
            text(area, "parent", MAX_NAME_LENGTH, shortest=1)
        areas.append(area)
    return areas


_POLICY: Final[dict[str, Callable[[Mapping[str, Any], str], Any]]] = {
    "name": lambda body, name: text(body, name, MAX_NAME_LENGTH, shortest=1),
    "description": lambda body, name: text(body, name, MAX_DESCRIPTION_LENGTH),
    "default_score": lambda body, name: integer(body, name, -MAX_DEFAULT_SCORE, MAX_DEFAULT_SCORE),
    "others_weight": lambda body, name: integer(body, name, -MAX_WEIGHT, MAX_WEIGHT),
    "handover_after": lambda body, name: integer(body, name, 0),
    "permissions": _permissions,
    "areas": _areas,
    "voting": mapping,
}
