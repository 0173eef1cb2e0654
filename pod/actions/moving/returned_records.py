"""Once words brought an account here, its copy gives back what no pod that answers has: own records, and own choices.

Own records go through the one door, which refuses what its groups' rules refuse: what was written after a group's
settled end by a key that the recovery replaced counts no more. Those are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_lines
from models.groups.records import load_known
from models.moving.kept_copies import KeptCopy
from pod.actions.chain.door import Arrival, append_all
from pod.actions.moving.restored_personal import opened_pages
from pod.deps import Deps
from protocol.copies import RECORDS
from protocol.errors import RefusedError
from protocol.records.content import Patch, Post
from protocol.records.envelope import CHAIN_TYPES, Record

MOST_NAMED: Final = 200
MOST_LETTERS: Final = 80


class LostRecord(msgspec.Struct, frozen=True):
    """A record of the copy that didn't come back, and the rule that refused it; "": its group isn't here.

    `kind`: its type; `words`: how its text begins, or ""; `at`: its author's time (ms). Older outcomes lack them.
    """

    group: str
    record: str
    code: str
    kind: str = ""
    words: str = ""
    at: int = 0


class ReturnedRecords(msgspec.Struct):
    """What came of a copy's records: those here already, those given back, and some of those lost."""

    known: int = 0
    returned: int = 0
    lost: int = 0
    named: list[LostRecord] = []


async def return_records(deps: Deps, copy: KeptCopy) -> ReturnedRecords:
    """Offer the copy's records to the groups that are here; doing it again changes nothing."""
    told = ReturnedRecords()
    async for page in opened_pages(deps, copy.id, RECORDS):
        records = [one for one in page if isinstance(one, Record) and one.type not in CHAIN_TYPES]

        async def action(session: AsyncSession, records: Sequence[Record] = records) -> list[tuple[Record, str | None]]:
            return await _offer(session, deps, copy, records)

        outcomes = await deps.store.write(action)
        told.known += len(records) - len(outcomes)
        for record, code in outcomes:
            if code is None:
                told.returned += 1
                continue
            told.lost += 1
            if len(told.named) < MOST_NAMED:
                told.named.append(_lost(record, code))
    return told


def _lost(record: Record, code: str) -> LostRecord:
    at = record.body.get("at")
    told = (record.type, _words_of(record), at if isinstance(at, int) else 0)
    return LostRecord(record.group, record.id, code, *told)


def _words_of(record: Record) -> str:
    """How a text begins, by which its author knows it."""
    match record.content:
        case Post(title=title, paragraphs=paragraphs):
            texts = (title, *(paragraph.text for paragraph in paragraphs))
        case Patch(adds=adds):
            texts = tuple(add.text for add in adds)
        case _:
            texts = ()
    return next((text for text in texts if text), "")[:MOST_LETTERS]


async def _offer(
    session: AsyncSession, deps: Deps, copy: KeptCopy, records: Sequence[Record]
) -> list[tuple[Record, str | None]]:
    """For each record that isn't here, None if it was taken, else why not."""
    known = await load_known(session, [record.id for record in records])
    groups = await load_lines(session, {record.group for record in records})
    new = [record for record in records if record.id not in known]
    here = [record for record in new if record.group in groups]
    outcomes = await append_all(session, deps, [Arrival(record, copy.pod, deps.clock()) for record in here])
    told: list[tuple[Record, str | None]] = [(record, "") for record in new if record.group not in groups]
    for record, outcome in zip(here, outcomes, strict=True):
        told.append((record, outcome.refused.rule.key if isinstance(outcome, RefusedError) else None))
    return told
