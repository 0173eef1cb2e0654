"""The old pod judges itself what it signs for a move: who asks, whether the account is frozen, what isn't settled."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from federation import readers
from models.people.accounts import load_account_named
from pod.actions.groups.founding import start_group
from pod.actions.moving.switch_freeze import agree
from pod.actions.moving.switch_handover import WishedKey, draft_handover
from pod.actions.moving.switch_rehome import freeze_for, rehome_for
from pod.actions.posts.records import submit, write_post
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.records.drafts import Draft
from protocol.records.parts import Home
from tests.support.rig import ServedPod

NEW, OTHER = (f"https://{name}.example" for name in ("new", "other"))
KEY, SIGNING = (PrivateKey.from_seed(bytes([byte]) * 32).did for byte in (1, 2))
POST: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


def asking(pod: str) -> readers.VerifiedPod:
    return readers.VerifiedPod(f"{pod}/actor", "key", readers._MAKER)


def test_mg_04_nothing_is_signed_for_a_move_before_its_time_nor_for_another_pod(pod: ServedPod) -> None:
    """The pod serves nobody: its actions run here, so that nothing is sealed before it is told to."""
    person = RecordId(pod.sign_up("ada").account["personal_group"])

    async def founded(deps: Deps) -> RecordId:
        async with deps.store.database.read() as session:
            account = await load_account_named(session, "ada")
        assert account is not None
        group = await start_group(deps, TokenHolder(account), {"name": "Parish", "weight": 3000})

        async def consent(session: AsyncSession) -> None:
            await agree(session, deps, account, Home(NEW, KEY))

        await deps.store.write(consent)
        await submit(deps, write_post, TokenHolder(account), person, Draft("Post", POST))
        return group

    parish = pod.act(founded)

    def refused(step: Any, asker: str, group: RecordId) -> str:
        with pytest.raises(RefusedError) as refusal:
            pod.act(lambda deps: step(deps, asking(asker), person, WishedKey(group, SIGNING)))
        return str(refusal.value.refused.rule.key)

    assert refused(draft_handover, OTHER, person) == "not_agreed"
    assert refused(draft_handover, NEW, person) == "not_frozen"
    pod.act(lambda deps: freeze_for(deps, asking(NEW), person, "ada"))
    assert refused(draft_handover, NEW, person) == "not_drained"
    assert refused(draft_handover, NEW, parish) == "not_committed"
    assert refused(rehome_for, NEW, parish) == "not_committed"
    pod.act(partial(tend, group=person))
    assert refused(rehome_for, NEW, person) == "seat_moves"
    drafted = pod.act(lambda deps: draft_handover(deps, asking(NEW), person, WishedKey(person, SIGNING)))
    assert (drafted.done, drafted.handover["steward"], "proof" in drafted.handover) == (
        False,
        {"pod": NEW, "key": KEY},
        False,
    )
