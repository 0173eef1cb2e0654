"""Two pods compare all groups that they share in few requests: the asking pod says how far it is in each of them.

The answer names those that differ. So groups in which nobody writes cost one question for each pod now and then,
however many they are (ADR 0035). The asked pod answers from its tables, without loading a group; about a private group
it answers only a pod that is home to a member.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from federation.content_types import PLAIN_JSON
from federation.errors import RemoteError
from federation.readers import VerifiedPod
from federation.rules.answers import RemoteFault
from federation.signatures import SignedRequest, sign_once
from models.fediverse.peers import GroupStanding, list_differing, list_standings
from pod.actions.fediverse.actors import POD, signing_key
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.ids import RecordId, parse_id

MOST_COMPARED: Final = 500  # groups in one question: less than 128 KiB


class ToldStanding(msgspec.Struct, frozen=True):
    """How far a pod is in a group; `pending`: its cursor in the other pod's list of pending records."""

    group: str
    head: str
    size: int
    pending: int


class Question(msgspec.Struct, frozen=True):
    """How far the asking pod is in the groups that it shares with the asked one."""

    groups: list[ToldStanding]


class Differing(msgspec.Struct, frozen=True):
    """The groups in which the asked pod has something else."""

    groups: list[str]


async def find_differing(deps: Deps, asker: VerifiedPod, question: Question) -> Differing:
    """Those of the groups that differ here; groups that the asker may not read are left out."""
    if len(question.groups) > MOST_COMPARED:
        raise ChainRule.TOO_MANY_COMPARED.error(most=MOST_COMPARED)
    theirs = [GroupStanding(parse_id(one.group), parse_id(one.head), one.size, one.pending) for one in question.groups]
    origin = "/".join(asker.actor.split("/", 3)[:3])
    async with deps.store.database.read() as session:
        return Differing(list(await list_differing(session, theirs, origin)))


async def a_shared_group(deps: Deps, pod: str) -> RecordId | None:
    """A group that this pod shares with `pod`; None if there is none."""
    async with deps.store.database.read() as session:
        shared = await list_standings(session, pod, 1, after=None)
    return shared[0].group if shared else None


async def ask_differing(deps: Deps, pod: str) -> tuple[int, list[RecordId]]:
    """How many groups this pod shares with `pod`, and which of them differ there; raises RemoteError.

    If the pod can't answer, all of them may differ.
    """
    shared = 0
    differing: list[RecordId] = []
    after: RecordId | None = None
    while True:
        async with deps.store.database.read() as session:
            ours = await list_standings(session, pod, MOST_COMPARED, after=after)
        if not ours:
            return shared, differing
        shared, after = shared + len(ours), ours[-1].group
        differing += await _ask(deps, pod, ours)


async def _ask(deps: Deps, pod: str, ours: list[GroupStanding]) -> list[RecordId]:
    key = await signing_key(deps, f"{deps.identity.base_url}/{POD}")
    asked = {one.group for one in ours}

    def signed(request: SignedRequest) -> Mapping[str, str]:
        return sign_once(request, key, nonce=random_token(), now=deps.clock())

    question = Question([ToldStanding(one.group, one.head, one.size, one.pending) for one in ours])
    try:
        answer = await deps.outside.http.post(
            f"{pod}/comparisons", msgspec.json.encode(question), content_type=PLAIN_JSON, sign=signed
        )
        told = msgspec.json.decode(answer.body, type=Differing)
    except RemoteError as error:
        if error.status is None or error.retry:
            raise
        return sorted(asked)
    except msgspec.DecodeError as error:
        raise RemoteError(RemoteFault.NO_GROUPS, retry=False) from error
    return [group for group in asked if group in set(told.groups)]
