"""What a batch of accepted records adds to the projected tables, and the rows that several kinds make."""

from __future__ import annotations

from typing import Any

import msgspec

from models.content.posts_and_votes import NEVER_NEW, post_target_key
from models.groups.records import StoredRecord
from protocol.content import Sheet
from protocol.ids import RecordId
from protocol.records.content import Content
from protocol.votes import CastVote


class Accepted(msgspec.Struct, frozen=True):
    """A record that counts. `content`: None if only an erased record's shape is left; `place`: see `places`."""

    id: RecordId
    group: RecordId
    seq: int
    place: int
    type: str
    content: Content | None
    stored: StoredRecord | None = None


class CastHere(msgspec.Struct, frozen=True):
    """A vote in its group, when its record came here, and its place."""

    group: RecordId
    vote: CastVote
    seq: int
    place: int


class Rows:
    """What a batch adds to each table."""

    def __init__(self) -> None:
        self.profiles: dict[tuple[RecordId, int], dict[str, Any]] = {}
        self.posts: list[dict[str, Any]] = []
        self.sheets: list[dict[str, Any]] = []
        self.votes: list[CastHere] = []
        self.polls: list[dict[str, Any]] = []
        self.delegations: list[dict[str, Any]] = []
        self.ballots: list[dict[str, Any]] = []
        self.said: list[dict[str, Any]] = []
        self.claims: list[dict[str, Any]] = []
        self.erasures: list[dict[str, Any]] = []
        self.searched: list[dict[str, Any]] = []

    def keep_newest(self, row: dict[str, Any]) -> None:
        """Add a profile's row; of each member only the newest, because PostgreSQL can't upsert one row twice."""
        register = (row["group_id"], row["member"])
        old = self.profiles.get(register)
        if old is None or _rank(old) < _rank(row):
            self.profiles[register] = row


def sheet_row(record: RecordId, group: RecordId, place: int, author: int, sheet: Sheet) -> dict[str, Any]:
    """The row of the paragraphs and marks that a record added."""
    return {
        "record_id": record,
        "post_id": sheet.post,
        "group_id": group,
        "author": author,
        "place": place,
        "sheet": msgspec.json.encode(sheet),
    }


def erased_post_row(record: Accepted, author: int) -> dict[str, Any]:
    """The row of a post of which only the shape is left."""
    row = {"id": record.id, "group_id": record.group, "author": author, "place": record.place}
    return {**row, **NO_WORDS, "target": post_target_key(record.id), "erased": True}


# The values of an erased post's row.
NO_WORDS: dict[str, Any] = {
    "kind": "note",
    "title": "",
    "language": "",
    "reply_record": None,
    "reply_index": None,
    "subject": None,
    "subject_key": None,
    "attachments": b"[]",
    "seq": NEVER_NEW,
    "imported": None,
    "imported_key": None,
    "at": 0,
}


def _rank(row: dict[str, Any]) -> tuple[int, int, RecordId]:
    return (row["key"], row["counter"], row["record_id"])
