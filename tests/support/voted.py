"""A poll with many ballots in a large group: rows and log as they are once all came in; nobody signed the ballots."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import accepted_of, project
from models.groups.records import NewRecord, insert_records
from models.people.accounts import Account
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.chain.views import find_view
from pod.actions.decisions.polls import open_poll
from pod.actions.groups.founding import found_group
from pod.actions.posts.records import submit, write_record
from pod.actions.signer import SignedIn
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.canonical import canonical_bytes
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.drafts import Draft
from protocol.records.envelope import reopen_record
from tests.support.large_group import enlarge

AT_ONCE: Final = 2000  # entries of an item
FEW: Final = 90
HOUR_MS: Final = 3_600_000
OPTIONS: Final = tuple(f"{number:02}" for number in range(10))
PROOF: Final = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "proofPurpose": "assertionMethod",
    "proofValue": "z" + "2" * 87,
}


async def ask(deps: Deps, ada: Account, members: int) -> tuple[RecordId, RecordId]:
    """A group of ada's with so many members, and a poll of ten proposals, open for an hour; ada is a delegate."""
    signer = SignedIn(ada, deps.clock())
    wish = {"name": f"A town of {members}", "weight": 3000, "others_weight": 0}
    group = await deps.store.write(lambda session: found_group(session, deps, signer, ada, dict(wish)))
    await enlarge(deps, group, members - 1)
    await submit(deps, write_record, signer, group, Draft("Delegate", {"declared": True}))
    options = [{"id": one, "title": f"Proposal {one}"} for one in OPTIONS]
    lengths = {"voting": HOUR_MS, "contest": HOUR_MS}
    said = Draft("Poll", {"kind": "score", "title": "Which first?", "options": options, "lengths": lengths})
    poll = await submit(deps, open_poll, signer, group, said)
    await tend(deps, group)
    return group, poll.id


async def vote(deps: Deps, group: RecordId, poll: RecordId, members: range) -> None:
    """The members each cast a ballot, and the log takes it."""
    for start in range(members.start, members.stop, AT_ONCE):
        await _take(deps, group, poll, range(start, min(start + AT_ONCE, members.stop)))


async def _take(deps: Deps, group: RecordId, poll: RecordId, members: range) -> None:
    rng = np.random.default_rng(members.start)
    scores = rng.integers(0, 101, (len(members), len(OPTIONS))).tolist()
    said = [{"poll": poll, "scores": dict(zip(OPTIONS, row, strict=True))} for row in scores]
    await say(deps, group, "Ballot", dict(zip(members, said, strict=True)))


async def say(deps: Deps, group: RecordId, kind: str, said: dict[int, dict[str, Any]]) -> None:
    """Members each say one thing of this kind, by number, and the log takes it."""
    now, state = deps.clock(), (await find_view(deps, group)).state
    records = [
        reopen_record(_wire(group, kind, number, state.members[number].signing, members, now))
        for number, members in said.items()
    ]
    rows = [
        NewRecord(one.id, group, one.type, number, 0, 1, now, one.wire, now)
        for number, one in zip(said, records, strict=True)
    ]

    async def action(session: AsyncSession) -> None:
        stored = await insert_records(session, rows)
        await project(session, [accepted_of(one, stored[one.id]) for one in records])
        assert await seal(session, deps, group, now=deps.clock())
        await confirm_head(session, deps, group, now=deps.clock())

    await deps.store.write(action)


def _wire(group: RecordId, kind: str, number: int, key: DidKey, members: dict[str, Any], at: int) -> bytes:
    body = {"type": kind, "rules": 1, "group": group, "author": number, "key": 0, "counter": 1, "at": at, **members}
    return canonical_bytes({**body, "proof": {**PROOF, "verificationMethod": f"{key}#{key}"}})
