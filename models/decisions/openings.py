"""How the head's chain opened a poll, and who was a member then.

Members are read once by each process: what follows from an item never changes.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.rolls import Electors, Terms, unpack
from models.decisions.polls import OPENINGS
from models.engine.statements import Prepared
from models.groups.groups_and_items import ITEMS
from protocol.ids import RecordId

MOST_MEMBERS: Final = 1_000_000  # 32 MB, of all items together
_HELD: Final[dict[RecordId, tuple[Terms, Electors]]] = {}


class PollOpening(msgspec.Struct, frozen=True):
    """Where the head's chain opened a poll: the item, its height, time (ms) and the log that it commits to."""

    poll_id: RecordId
    item_id: RecordId
    height: int
    at: int
    log_size: int
    author: int
    terms: Terms
    electors: Electors

    @property
    def voters(self) -> Electors:
        """Who had the weight to vote."""
        return self.electors.able(self.terms.least["vote"])


async def load_opening(session: AsyncSession, poll: RecordId, group: RecordId) -> PollOpening | None:
    """The first `open-poll` for this poll on the chain of its own group's head, None while there is none."""
    rows = await _OPENING.run(session, poll=poll, group=group)
    if not rows:
        return None
    own_id, item, height, at, log_size, author = rows[0]
    terms, electors = await _stood_at(session, item)
    return PollOpening(own_id, item, height, at, log_size, author, terms, electors)


_OPENING: Final = Prepared(
    lambda _: (
        select(
            OPENINGS.c.poll_id,
            OPENINGS.c.item_id,
            ITEMS.c.height,
            ITEMS.c.at,
            ITEMS.c.log_size,
            OPENINGS.c.author,
        )
        .join(ITEMS, ITEMS.c.id == OPENINGS.c.item_id)
        .where(OPENINGS.c.poll_id == bindparam("poll"), OPENINGS.c.group_id == bindparam("group"), ITEMS.c.on_chain)
        .order_by(ITEMS.c.height, OPENINGS.c.position)
        .limit(1)
    )
)


async def _stood_at(session: AsyncSession, item: RecordId) -> tuple[Terms, Electors]:
    """What an item that opened polls says of them, and its members; who was asked for last gives way last.

    Even to read past the members in their row takes as long as they are many.
    """
    if (found := _HELD.pop(item, None)) is None:
        ((terms, members),) = await _STOOD.run(session, item=item)
        found = _TERMS.decode(terms), unpack(members)
        while _HELD and sum(len(one.numbers) for _, one in (*_HELD.values(), found)) > MOST_MEMBERS:
            del _HELD[next(iter(_HELD))]
    _HELD[item] = found
    return found


_TERMS: Final = msgspec.json.Decoder(Terms)
_STOOD: Final = Prepared(
    lambda _: select(OPENINGS.c.terms, OPENINGS.c.members).where(OPENINGS.c.item_id == bindparam("item")).limit(1)
)
