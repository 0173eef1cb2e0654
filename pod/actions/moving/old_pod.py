"""Questions to the pod from which somebody moves here, signed by this pod's own actor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from federation.content_types import PLAIN_JSON
from federation.documents import read_json
from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from federation.signatures import SignedRequest, sign_once
from models.moving.newcomers import Newcomer
from pod.actions.fediverse.actors import POD, signing_key
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.errors import Refused

T = TypeVar("T", bound=msgspec.Struct)
MOST_BODY: Final = 10_000
LONGEST_FACT: Final = 200
LONGEST_SAID: Final = 2_000
_FACT: Final = re.compile(r"%\((\w+)\)s")


class ToldRefusal(msgspec.Struct, frozen=True):
    """A refusal as another pod tells it."""

    rule: str
    facts: dict[str, str | int] = {}


def refusal_in(body: bytes) -> Refused | None:
    """The rule of a switch by which the old pod refused, with its facts; None for any other answer."""
    try:
        told = msgspec.json.decode(body[:MOST_BODY], type=ToldRefusal)
    except (msgspec.DecodeError, ValueError):
        return None
    rule = next((rule for rule in SwitchRule if rule.key == told.rule), None)
    if rule is None or any(isinstance(fact, str) and len(fact) > LONGEST_FACT for fact in told.facts.values()):
        return None
    lacking = set(_FACT.findall(rule.en)) - told.facts.keys()
    return Refused(rule, told.facts) if not lacking else None


def said_by(error: RemoteError) -> str:
    """What the old pod said when it refused, as a database can keep it: bounded, and without control characters."""
    said = error.body[:MOST_BODY].decode(errors="replace")
    return "".join(sign for sign in said if sign.isprintable())[:LONGEST_SAID] or str(error)


async def ask_old_pod(deps: Deps, newcomer: Newcomer, step: str, wish: object, kind: type[T]) -> T:
    """The answer of the old pod to one step of a switch; raises RemoteError, with the body of a refusal."""
    key = await signing_key(deps, f"{deps.identity.base_url}/{POD}")

    def signed(request: SignedRequest) -> Mapping[str, str]:
        return sign_once(request, key, nonce=random_token(), now=deps.clock())

    url = f"{newcomer.pod}/switches/{newcomer.personal_group}/{step}"
    body = msgspec.json.encode(wish)
    answer = await deps.outside.http.post(url, body, content_type=PLAIN_JSON, sign=signed, hear_refusal=True)
    try:
        return msgspec.convert(read_json(answer.body), kind)
    except msgspec.ValidationError as error:
        raise RemoteError(RemoteFault.NO_OBJECT, retry=False) from error
