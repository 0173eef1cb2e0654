"""What a count looks at, read from its rows at once: ballots, delegations, declarations; all were checked before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import LargeBinary, bindparam, exists, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.entries import Logged
from models.decisions.delegations import DECLARED
from models.decisions.polls import BALLOTS, DELEGATIONS
from models.engine.statements import Prepared, listed
from protocol.ids import RecordId
from protocol.records.content import Ballot, Delegate, Delegation


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


class _KeptList(Delegation, frozen=True, kw_only=True, gc=False):
    """The same of a delegation."""

    author: int
    key: int
    counter: int
    at: int
    delegates: tuple[int, ...]
    area: str | None = None
    poll: str | None = None  # type: ignore[assignment]
    expires: int | None = None


_ALL: Final = msgspec.json.Decoder(list[_Kept])
_LISTS: Final = msgspec.json.Decoder(list[_KeptList])
_DECLARATIONS: Final = msgspec.json.Decoder(list[Delegate])


async def list_logged_ballots(session: AsyncSession, poll: RecordId, group: RecordId, *, below: int) -> list[Logged]:
    """The ballots of a poll whose places are below `below`, in the order of the log."""
    rows = await _BALLOTS.run(session, poll=poll, group=group, below=below)
    return _logged(rows, _ALL)


def _logged(rows: Sequence[tuple[bytes, int, bytes]], decoder: msgspec.json.Decoder[Any]) -> list[Logged]:
    contents = decoder.decode(b"[%b]" % b",".join([said for _, _, said in rows]))
    return [Logged(place, own_id, content) for (own_id, place, _), content in zip(rows, contents, strict=True)]


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


async def list_logged_delegations(
    session: AsyncSession, group: RecordId, scopes: Collection[str], *, lock: int, end: int
) -> list[Logged]:
    """The delegations of these scopes, and the declarations, but those that newer ones replace.

    Of each author, scope and key these are the newest below `lock`, and the newest from there to below `end`.
    `standing` (decisions.delegate_lock) makes the same of these as of all that lie below `end`: what counts of an
    author and scope is the newest by (key, counter, id) in a prefix, of the keys that count.
    """
    found: list[Logged] = []
    for start, below in ((0, lock), (lock, end)):
        span = {"group": group, "start": start, "below": below}
        found += _logged(await _NEWEST.run(session, scopes=sorted(scopes), **span), _LISTS)
        found += _logged(await _NEWEST.run(session, scopes=[DECLARED], **span), _DECLARATIONS)
    return sorted(found, key=attrgetter("index"))


_LATER = DELEGATIONS.alias("later")
_IN_SPAN: Final = [
    (table.c.group_id == bindparam("group"))
    & (table.c.place >= bindparam("start"))
    & (table.c.place < bindparam("below"))
    for table in (DELEGATIONS, _LATER)
]
_NEWEST: Final = Prepared(
    lambda _: select(type_coerce(DELEGATIONS.c.record_id, LargeBinary), DELEGATIONS.c.place, DELEGATIONS.c.said).where(
        _IN_SPAN[0],
        DELEGATIONS.c.scope.in_(listed("scopes")),
        ~exists().where(
            _IN_SPAN[1],
            *(_LATER.c[name] == DELEGATIONS.c[name] for name in ("author", "scope", "key")),
            _LATER.c.counter > DELEGATIONS.c.counter,
        ),
    )
)
