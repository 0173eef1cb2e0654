"""The ballots that a count looks at, read from their rows at once: each was checked when it came."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import LargeBinary, bindparam, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.entries import Logged
from models.decisions.polls import BALLOTS
from models.engine.statements import Prepared
from protocol.ids import RecordId
from protocol.records.content import Ballot


class _Kept(Ballot, frozen=True, kw_only=True, gc=False):
    """A ballot as its row has it, without the bounds that its record met."""

    author: int
    key: int
    counter: int
    at: int
    poll: str  # type: ignore[assignment]
    round: int = 1
    scores: dict[str, int] | None = None
    ranking: tuple[str, ...] | None = None
    approvals: tuple[str, ...] | None = None
    choice: str | None = None  # type: ignore[assignment]


_ALL: Final = msgspec.json.Decoder(list[_Kept])


async def list_logged_ballots(session: AsyncSession, poll: RecordId, group: RecordId, *, below: int) -> list[Logged]:
    """The ballots of a poll whose places are below `below`, in the order of the log."""
    rows = await _BALLOTS.run(session, poll=poll, group=group, below=below)
    ballots = _ALL.decode(b"[%b]" % b",".join([ballot for _, _, ballot in rows]))
    return [Logged(place, own_id, ballot) for (own_id, place, _), ballot in zip(rows, ballots, strict=True)]


_BALLOTS: Final = Prepared(
    lambda _: (
        select(type_coerce(BALLOTS.c.record_id, LargeBinary), BALLOTS.c.place, BALLOTS.c.ballot)
        .where(
            BALLOTS.c.poll_id == bindparam("poll"),
            BALLOTS.c.group_id == bindparam("group"),
            BALLOTS.c.place < bindparam("below"),
        )
        .order_by(BALLOTS.c.place)
    )
)
