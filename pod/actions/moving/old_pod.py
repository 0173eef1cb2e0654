"""Questions to the pod from which somebody moves here, signed by this pod's own actor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

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

T = TypeVar("T", bound=msgspec.Struct)


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
