"""Items and acks join their group's chain; all that come together move the head, and the anchor, once.

A refused record doesn't affect the others. Only this module, `lone_recovery` and `sealing` change a chain; `note_move`
stores what follows from a move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import StoredItem, insert_items, is_on_chain, replace_item
from models.groups.seats_and_acks import StoredAck, insert_acks
from pod.actions.chain.views import load_view, note_move, stored_item
from pod.deps import Deps
from pod.errors import NotKeeperError
from pod.rules.chains import ChainRule
from protocol.branches import View, confirm, extend, offered
from protocol.errors import BelowAnchorError, RefusedError, ShortOfQuorumError
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import Ack, Seat
from protocol.records.envelope import Record
from protocol.state import GroupState

MOST_UNPLACED = 64
News = list[bool | RefusedError]


class _Growth:
    """A view that grows by items, and the part of it that isn't stored yet."""

    def __init__(self, session: AsyncSession, deps: Deps, view: View) -> None:
        self._session = session
        self._deps = deps
        self._before = view
        self._fresh: list[StoredItem] = []
        self.view = view

    async def add(self, record: Record) -> bool:
        """Add an item; returns whether it was new."""
        try:
            after = extend(self.view, record)
        except BelowAnchorError:
            if await is_on_chain(self._session, record.id):
                return False  # it was settled before
            raise
        except ShortOfQuorumError:
            self.view = offered(self.view, record)
            raise
        if after is self.view:
            return False
        if after.anchor != self.view.anchor or after.forks:
            # Store first, because what lies beside or below the new anchor is dropped from the view.
            await self.note()
        known = record.id in self.view.nodes
        await self._store(record.id, after, known=known)
        self.view = after
        if after.forks:
            await self.note()
        return not known

    async def _store(self, own_id: RecordId, after: View, *, known: bool) -> None:
        node = after.nodes.get(own_id)
        if node is None or node.record is None:
            return
        parent = self.view.nodes.get(node.parent) if node.parent else None
        stored = stored_item(node.record, node.state, node.void, parent.state if parent else None)
        if not known:
            self._fresh.append(stored)
            return
        await self.note()
        await replace_item(self._session, stored)

    async def note(self) -> None:
        """Store the items that were added."""
        await insert_items(self._session, self._fresh)
        self._fresh = []
        if self.view is not self._before:
            await note_move(self._session, self._deps, self._before, self.view)
            self._before = self.view


async def take_items(session: AsyncSession, deps: Deps, records: Sequence[Record]) -> News:
    """Add items to their group's chain; for each, whether it was new, or the refusal.

    The refusal is a BrokenItemError, an UnknownParentError, or a BelowAnchorError for an item beside what is settled.
    If an item comes with other proofs than ours, they are merged; so are the proofs of a handover that was refused for
    lack of signatures.
    """
    growth = _Growth(session, deps, await load_view(session, deps, records[0].group))
    news: News = []
    for record in records:
        try:
            news.append(await growth.add(record))
        except RefusedError as refusal:
            news.append(refusal)
    await growth.note()
    return news


async def take_item(session: AsyncSession, deps: Deps, record: Record) -> bool:
    """Add one item; returns whether it was new. Raises what `take_items` gives as refusal."""
    return _only(await take_items(session, deps, [record]))


def take_offer(session: AsyncSession, deps: Deps, before: View, record: Record) -> None:
    """Remember who signed a handover that still lacks signatures; not stored, because it can be asked for again."""
    after = offered(before, record)
    if after.offers is not before.offers:
        deps.store.views.move(session, after)


async def take_acks(session: AsyncSession, deps: Deps, records: Sequence[Record]) -> News:
    """Add keepers' acks; for each, whether it was new, or the NotKeeperError."""
    before = after = await load_view(session, deps, records[0].group)
    news: dict[RecordId, bool | RefusedError] = {}
    stored: list[StoredAck] = []
    unplaced = _Unplaced(before)
    # The highest first: the acks below what it settles needn't be judged, and are only kept to be passed on.
    for record in records if before.forks else sorted(records, key=_height, reverse=True):
        ack = record.content
        assert isinstance(ack, Ack)
        try:
            seated = _check_seat(before, ack)
        except NotKeeperError as refusal:
            news[record.id] = refusal
            continue
        grown = confirm(after, ack)
        node = before.nodes.get(ack.item)
        if node is not None:
            idle = (ack.term, ack.height) != (node.state.term, node.state.height)
        else:
            idle = grown is after or not unplaced.take(ack, seated=seated)
        if idle:
            news[record.id] = False
            continue
        news[record.id], after = grown is not after, grown
        stored.append(StoredAck(record.group, ack.key, ack.term, ack.height, ack.item, ack.keeper, record.wire))
    await insert_acks(session, stored)
    if after is not before:
        await note_move(session, deps, before, after)
    return [news[record.id] for record in records]


async def take_ack(session: AsyncSession, deps: Deps, record: Record) -> bool:
    """Add one ack; returns whether it was new. Raises NotKeeperError."""
    return _only(await take_acks(session, deps, [record]))


def _only(news: News) -> bool:
    (one,) = news
    if isinstance(one, RefusedError):
        raise one
    return one


def _height(record: Record) -> int:
    assert isinstance(record.content, Ack)
    return record.content.height


def _check_seat(view: View, ack: Ack) -> bool:
    """True for a seat's ack; False for a member's who may get a seat by an item to come. Raises NotKeeperError."""
    seat = Seat(ack.keeper, ack.key)
    if seat in view.state.asked_seats or seat in _state_at(view, ack).asked_seats:
        return True
    member = view.state.members.get(ack.keeper)
    if member is None or member.home.key != ack.key:
        raise ChainRule.FOREIGN_ACK.error()
    return False


def _state_at(view: View, ack: Ack) -> GroupState:
    # The keepers of a past item may have moved since, so its own state is asked.
    node = view.nodes.get(ack.item)
    return node.state if node else view.state


class _Unplaced:
    """Acks of items that this pod doesn't know: a bounded number is kept for each seat, and for all others together.

    Anybody can sign acks of items that never come. A pull brings an ack again that was left out, once its item is here.
    The kept acks are counted once for each batch.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._counts: Counter[DidKey | None] | None = None

    def take(self, ack: Ack, *, seated: bool) -> bool:
        """Count an ack; False if there is no room for it."""
        if self._counts is None:
            given = (one for item, given in self._view.acks.items() if item not in self._view.nodes for one in given)
            self._counts = Counter(key for one in given for key in self._counted_as(one))
        if self._counts[ack.key if seated else None] >= MOST_UNPLACED:
            return False
        self._counts.update(self._counted_as(ack))
        return True

    def _counted_as(self, ack: Ack) -> tuple[DidKey | None, ...]:
        return (ack.key,) if Seat(ack.keeper, ack.key) in self._view.state.asked_seats else (ack.key, None)
