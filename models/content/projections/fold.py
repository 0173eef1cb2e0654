"""Accepted records -> rows, as their kinds say, and erasures that hold whichever came first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import stored_place, waiting_place
from models.content.posts_and_votes import CLAIMS, ERASURES, POSTS, PROFILES, SHEETS
from models.content.projections.erasures import erase, load_wishes
from models.content.projections.kinds import PROJECTED
from models.content.projections.rows import Accepted, Rows
from models.content.projections.search_words import searched_row
from models.content.projections.votes import newer, project_votes, retract_votes
from models.content.search import SEARCHED
from models.decisions.delegates import FOLLOWED, OFFERS, refollow
from models.decisions.polls import BALLOTS, DELEGATIONS, POLLS
from models.decisions.said import SAID
from models.engine.upserts import insert_new, upsert
from models.groups.records import StoredRecord, list_records
from protocol.ids import RecordId
from protocol.records.content import Authored, is_erasable
from protocol.records.envelope import ChainContent, Record, reopen_record

PAGE = 1000


def accepted_of(record: Record | StoredRecord, seq: int | None = None) -> Accepted:
    """A record in the form for `project`: just opened, with its `seq`, or from the store."""
    if isinstance(record, Record):
        assert seq is not None
        return _accepted(record, seq, None)
    if record.erased:
        place = stored_place(record.log_index, record.at)
        return Accepted(record.id, record.group_id, record.seq, place, record.type, None, record)
    return _accepted(reopen_record(record.wire), record.seq, record)


def _accepted(record: Record, seq: int, stored: StoredRecord | None) -> Accepted:
    content = None if isinstance(record.content, ChainContent) else record.content
    if stored is not None:
        place = stored_place(stored.log_index, stored.at)
    else:
        place = waiting_place(content.at if isinstance(content, Authored) else 0)
    return Accepted(record.id, record.group, seq, place, record.type, content, stored)


async def project(session: AsyncSession, batch: Iterable[Accepted]) -> None:
    """Fold records into their rows. The caller has stored them, and locked their groups against other processes."""
    rows = Rows()
    records = list(batch)
    for record in records:
        _fold(rows, record)
    await insert_new(session, ERASURES, rows.erasures)
    await insert_new(session, POSTS, rows.posts)
    await insert_new(session, SHEETS, rows.sheets)
    await insert_new(session, CLAIMS, rows.claims)
    await insert_new(session, POLLS, rows.polls)
    await insert_new(session, BALLOTS, rows.ballots)
    await insert_new(session, DELEGATIONS, rows.delegations)
    await refollow(session, {(row["group_id"], row["author"], row["scope"]) for row in rows.delegations})
    await insert_new(session, SAID, rows.said)
    await insert_new(session, SEARCHED, rows.searched)
    await upsert(session, PROFILES, list(rows.profiles.values()), newer)
    await project_votes(session, rows.votes)
    await _erase_where_wished(session, records, rows.erasures)


async def refold_author(session: AsyncSession, group: RecordId, author: int) -> None:
    """Fold one author's records again, after some of them stopped counting, or count again."""
    await retract_votes(session, group, author)
    of_decisions = (POLLS, BALLOTS, DELEGATIONS, FOLLOWED, OFFERS, SAID)
    for table in (POSTS, SHEETS, CLAIMS, SEARCHED, PROFILES, *of_decisions):
        column = "member" if table is PROFILES else "author"
        await session.execute(delete(table).where(table.c.group_id == group, table.c[column] == author))
    await session.execute(delete(ERASURES).where(ERASURES.c.group_id == group, ERASURES.c.author == author))
    await fold_stored(session, group, author=author)


async def fold_stored(session: AsyncSession, group: RecordId | None, *, author: int | None = None) -> int:
    """Fold the stored records of a group, of an author, or all of them; return how many."""
    after, folded = 0, 0
    while page := await list_records(session, group, after, PAGE, author=author):
        await project(session, [accepted_of(record) for record in page])
        after, folded = page[-1].seq, folded + len(page)
    return folded


def _fold(rows: Rows, record: Accepted) -> None:
    kind = PROJECTED.of(record.type)
    if kind is None:
        return  # a record of a type that this version doesn't know is stored and sent on, but never applied
    if record.content is not None and kind.fold is not None:
        kind.fold(rows, record, record.content)
    elif record.stored is not None and record.stored.erased and kind.fold_erased is not None:
        kind.fold_erased(rows, record, record.stored)
    if record.content is not None and (words := searched_row(record)) is not None:
        rows.searched.append(words)


async def _erase_where_wished(
    session: AsyncSession, records: Sequence[Accepted], wishes: Sequence[dict[str, Any]]
) -> None:
    """Empty what this batch's erasures name, and records of this batch whose erasure came before them."""
    candidates: dict[RecordId, set[tuple[RecordId, int]]] = defaultdict(set)
    for wish in wishes:
        candidates[wish["record_id"]].add((wish["group_id"], wish["author"]))
    came = [record.id for record in records if record.content is not None and is_erasable(record.type)]
    for record, group, author in await load_wishes(session, came):
        candidates[record].add((group, author))
    if candidates:
        await erase(session, candidates)
