"""What somebody could erase of a post, what is erased already, and how far the wish has come."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import has_pending
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.reading.group.page_facts import load_number
from pod.actions.reading.post.text import load_text
from pod.deps import Deps
from protocol.content import Sheet, member_writer
from protocol.ids import RecordId
from protocol.state import GroupState


class OwnRecord(msgspec.Struct, frozen=True):
    """A reader's own record in a post: the post itself or an edit, and the words that it still has."""

    record: RecordId
    whole: bool
    words: str
    erased: bool


class Erasures(msgspec.Struct, frozen=True):
    """What may be erased. `keepers`: the pods that confirm the log; `pending`: an erasure isn't logged yet.

    `settled`: everything in the log is confirmed.
    """

    title: str
    own: tuple[OwnRecord, ...]
    keepers: tuple[str, ...]
    pending: bool
    settled: bool


async def describe_erasures(deps: Deps, account: Account, group: RecordId, post: RecordId) -> Erasures:
    """What the account can erase of a post; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        view = (await open_group(session, deps, account, group)).view
        number = await load_number(session, account, view.state)
        card, text, _ = await load_text(session, group, post)
        pending = await _is_pending(session, group, number)
    writer = member_writer(group, number or 0)
    own = [sheet for sheet in text.sheets.values() if number and sheet.writer == writer]
    return Erasures(
        card.title if own else "",
        tuple(_own(sheet, post) for sheet in sorted(own, key=lambda sheet: (sheet.id != post, sheet.counter))),
        _keepers(view.state),
        pending,
        view.settled.log.size == view.state.log.size,
    )


def _own(sheet: Sheet, post: RecordId) -> OwnRecord:
    words = " ".join(paragraph.text for paragraph in sheet.paragraphs if paragraph)
    return OwnRecord(sheet.id, sheet.id == post, words, sheet.erased)


def _keepers(state: GroupState) -> tuple[str, ...]:
    return tuple(dict.fromkeys(state.members[seat.member].home.pod for seat in state.seats))


async def _is_pending(session: AsyncSession, group: RecordId, number: int | None) -> bool:
    return number is not None and await has_pending(session, group, number, "Erase")
