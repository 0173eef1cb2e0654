"""Accepted records -> rows: one match over the kinds of content, and erasures that hold whichever came first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import CLAIMS, ERASURES, POSTS, PROFILES, SHEETS, post_target_key
from models.content.projections.erasing import erase, erased_sheet, load_wishes
from models.content.projections.searching import searched_row
from models.content.projections.votes import newer, project_votes, retract_votes
from models.content.search import SEARCHED
from models.engine.upserts import insert_new, upsert
from models.groups.records import StoredRecord, list_records
from protocol.content import Sheet, patch_sheet, post_sheet
from protocol.ids import RecordId
from protocol.records.content import Claim, Content, Erase, Patch, Post, Profile, Vote
from protocol.records.envelope import Record, reopen_record
from protocol.votes import CastVote, cast_vote

PAGE = 1000


class Accepted(msgspec.Struct, frozen=True):
    """A record that counts. `content` is None where only the shape of an erased one is left.

    `indexable`: a profile doesn't say that its member isn't to be found.
    """

    id: RecordId
    group: RecordId
    seq: int
    content: Content | None
    stored: StoredRecord | None = None
    indexable: bool = True


class Rows:
    """What a batch adds, by table."""

    def __init__(self) -> None:
        self.profiles: dict[tuple[RecordId, int], dict[str, Any]] = {}
        self.posts: list[dict[str, Any]] = []
        self.sheets: list[dict[str, Any]] = []
        self.votes: list[tuple[RecordId, CastVote, int]] = []
        self.claims: list[dict[str, Any]] = []
        self.erasures: list[dict[str, Any]] = []
        self.searched: list[dict[str, Any]] = []


def accepted_of(record: Record | StoredRecord, seq: int | None = None) -> Accepted:
    """A record for `project`: one that was just opened, with its `seq`, or one from the store."""
    if isinstance(record, Record):
        assert seq is not None
        return Accepted(record.id, record.group, seq, _content(record), indexable=_is_indexable(record))
    if record.erased:
        return Accepted(record.id, record.group_id, record.seq, None, record)
    opened = reopen_record(record.wire)
    return Accepted(record.id, record.group_id, record.seq, _content(opened), record, _is_indexable(opened))


def _is_indexable(record: Record) -> bool:
    return record.body.get("indexable") is not False


async def project(session: AsyncSession, batch: Iterable[Accepted]) -> None:
    """Fold records into their rows. The caller has stored them, and holds their groups where others might fold."""
    rows = Rows()
    records = list(batch)
    for record in records:
        _fold(rows, record)
    rows.searched = [
        searched_row(record.id, record.group, record.seq, record.content)
        for record in records
        if isinstance(record.content, Post | Patch | Profile)
    ]
    await insert_new(session, ERASURES, rows.erasures)
    await insert_new(session, POSTS, rows.posts)
    await insert_new(session, SHEETS, rows.sheets)
    await insert_new(session, CLAIMS, rows.claims)
    await insert_new(session, SEARCHED, rows.searched)
    await upsert(session, PROFILES, list(rows.profiles.values()), newer)
    await project_votes(session, rows.votes)
    await _erase_where_wished(session, records, rows.erasures)


async def refold_author(session: AsyncSession, group: RecordId, author: int) -> None:
    """Fold one author's records anew: after some of them stopped counting, or count again."""
    await retract_votes(session, group, author)
    authored = ((POSTS, "author"), (SHEETS, "author"), (CLAIMS, "author"), (SEARCHED, "author"), (PROFILES, "member"))
    for table, column in authored:
        await session.execute(delete(table).where(table.c.group_id == group, table.c[column] == author))
    await session.execute(delete(ERASURES).where(ERASURES.c.group_id == group, ERASURES.c.author == author))
    await fold_stored(session, group, author=author)


async def fold_stored(session: AsyncSession, group: RecordId | None, *, author: int | None = None) -> int:
    """Fold what the store holds, of one group or author or of all; return how many records."""
    after, folded = 0, 0
    while page := await list_records(session, group, after, PAGE, author=author):
        await project(session, [accepted_of(record) for record in page])
        after, folded = page[-1].seq, folded + len(page)
    return folded


def _content(record: Record) -> Content | None:
    content = record.content
    return content if isinstance(content, Profile | Post | Patch | Vote | Erase | Claim) else None


def _fold(rows: Rows, record: Accepted) -> None:
    match record.content:
        case Profile() as profile:
            _fold_profile(rows, record, profile)
        case Post() as post:
            rows.posts.append(_post_row(record, post))
            rows.sheets.append(_sheet_row(record, post_sheet(record.id, record.group, post), post.author))
        case Patch() as patch:
            rows.sheets.append(_sheet_row(record, patch_sheet(record.id, record.group, patch), patch.author))
        case Vote() as vote:
            rows.votes.append((record.group, cast_vote(record.id, vote), record.seq))
        case Claim() as claim:
            rows.claims.append(
                {
                    "record_id": record.id,
                    "group_id": record.group,
                    "author": claim.author,
                    "of_group": claim.claims.group,
                    "member": claim.claims.member,
                }
            )
        case Erase() as wish:
            rows.erasures += [
                {"record_id": target, "group_id": record.group, "author": wish.author} for target in wish.records
            ]
        case _ if record.stored is not None and record.stored.erased:
            _fold_shape(rows, record, record.stored)
        case _:
            pass  # other types are stored and relayed, never applied


def _fold_profile(rows: Rows, record: Accepted, profile: Profile) -> None:
    row = {
        "group_id": record.group,
        "member": profile.author,
        "key": profile.key,
        "counter": profile.counter,
        "record_id": record.id,
        "nickname": profile.nickname,
        "text": profile.text,
        "avatar": msgspec.json.encode(profile.avatar) if profile.avatar else None,
        "at": profile.at,
        "indexable": record.indexable,
    }
    _keep_newest(rows, row)


def _keep_newest(rows: Rows, row: dict[str, Any]) -> None:
    # PostgreSQL refuses to touch a row twice in one statement.
    register = (row["group_id"], row["member"])
    old = rows.profiles.get(register)
    if old is None or _rank(old) < _rank(row):
        rows.profiles[register] = row


def _rank(row: dict[str, Any]) -> tuple[int, int, RecordId]:
    return (row["key"], row["counter"], row["record_id"])


def _post_row(record: Accepted, post: Post) -> dict[str, Any]:
    reply = post.reply_to
    return {
        "id": record.id,
        "group_id": record.group,
        "author": post.author,
        "kind": post.kind,
        "title": post.title,
        "language": post.language,
        "reply_record": reply.record if reply else None,
        "reply_index": reply.index if reply else None,
        "subject": reply.subject if reply else None,
        "attachments": msgspec.json.encode(post.attachments),
        "at": post.at,
        "seq": record.seq,
        "target": post_target_key(record.id),
        "erased": False,
    }


def _sheet_row(record: Accepted, sheet: Sheet, author: int) -> dict[str, Any]:
    return {
        "record_id": record.id,
        "post_id": sheet.post,
        "group_id": record.group,
        "author": author,
        "seq": record.seq,
        "sheet": msgspec.json.encode(sheet),
    }


def _fold_shape(rows: Rows, record: Accepted, stored: StoredRecord) -> None:
    """Fold what is left of an erased record, into the rows that erasing it left."""
    author, key, counter = stored.author or 0, stored.key or 0, stored.counter or 0
    if stored.type == "Profile":
        row = {"group_id": record.group, "member": author, "key": key, "counter": counter, "record_id": record.id}
        _keep_newest(rows, {**row, "nickname": "", "text": "", "avatar": None, "at": 0, "indexable": True})
        return
    sheet, facts = erased_sheet(stored)
    rows.sheets.append(_sheet_row(record, sheet, author))
    if stored.type == "Post":
        row = {"id": record.id, "group_id": record.group, "author": author, "seq": record.seq, **facts}
        rows.posts.append({**row, "target": post_target_key(record.id), "erased": True})


async def _erase_where_wished(
    session: AsyncSession, records: Sequence[Accepted], wishes: Sequence[dict[str, Any]]
) -> None:
    """Empty what this batch's erasures name, and what of this batch was to be erased before it came."""
    candidates: dict[RecordId, set[tuple[RecordId, int]]] = defaultdict(set)
    for wish in wishes:
        candidates[wish["record_id"]].add((wish["group_id"], wish["author"]))
    came = [record.id for record in records if isinstance(record.content, Post | Patch | Profile)]
    for record, group, author in await load_wishes(session, came):
        candidates[record].add((group, author))
    if candidates:
        await erase(session, candidates)
