"""What an account wrote in a group, for that account alone: its own words as they stand now, and those it replaced.

Others' words in its posts, and whatever was erased, aren't among them. Votes and the pod's floor change nothing here:
nobody's own words are withheld from them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.home_feed import FeedCard, load_cards
from models.content.own_texts import OwnText, count_own_texts, list_own_texts
from models.content.posts_and_votes import load_sheets
from models.content.replies import load_few_sheets
from pod.actions.access import ReadableGroup
from pod.actions.reading.post.text import MOST_SHEETS, writer_of
from pod.budgets.steps import let_others
from protocol.content import Sheet, Text, assemble
from protocol.ids import RecordId
from protocol.records.content import Paragraph
from protocol.visibility import see

PAGE: Final = 200
FEW_SHEETS: Final = 64


class OwnWriting(msgspec.Struct, frozen=True):
    """A post, or an edit of somebody else's (`kind` is "edit"), with the account's own words alone.

    `post`: what it is or edits. `former`: what the account itself replaced or deleted since.
    """

    record: RecordId
    post: RecordId
    kind: str
    title: str
    language: str
    at: int
    reply_to: RecordId | None
    paragraphs: tuple[Paragraph, ...]
    former: tuple[Paragraph, ...] = ()


async def count_own_writing(session: AsyncSession, opened: ReadableGroup) -> int:
    """How much of it there is, also what turns out to have no words left."""
    author = _author(opened)
    return 0 if author is None else await count_own_texts(session, opened.id, author)


async def own_writing(session: AsyncSession, opened: ReadableGroup) -> AsyncIterator[list[OwnWriting]]:
    """All of it in pages, the newest first; an account that never was a member wrote nothing."""
    author, before = _author(opened), None
    while author is not None and (found := await list_own_texts(session, opened.id, author, PAGE, before=before)):
        yield await _page(session, opened, author, found)
        before = found[-1].rank
        await let_others()


def _author(opened: ReadableGroup) -> int | None:
    return opened.membership.number if opened.membership is not None else None


async def _page(
    session: AsyncSession, opened: ReadableGroup, author: int, found: Collection[OwnText]
) -> list[OwnWriting]:
    cards = await load_cards(session, {one.record for one in found if one.record == one.post})
    texts = await _texts(session, opened.id, cards)
    me = (opened.id, author)
    written = [
        _post(one, cards[one.record], texts[one.record], me) if one.record in texts else _edit(one) for one in found
    ]
    return [one for one in written if one.title or one.paragraphs or one.former]


async def _texts(session: AsyncSession, group: RecordId, cards: Mapping[RecordId, FeedCard]) -> dict[RecordId, Text]:
    """The texts of posts; of one with very many edits, the first ones of the log, as everywhere."""
    stored = await load_few_sheets(session, cards, FEW_SHEETS)
    sheets = {post: [msgspec.json.decode(one, type=Sheet) for one in some] for post, some in stored.items()}
    for post in cards.keys() - sheets.keys():
        sheets[post] = await load_sheets(session, group, post, MOST_SHEETS)
    return {post: assemble(next(one for one in some if one.id == post), some) for post, some in sheets.items()}


def _post(one: OwnText, card: FeedCard, text: Text, me: tuple[RecordId, int]) -> OwnWriting:
    """A lens of no group judges as if nobody had voted: then only the writer's own marks decide."""
    own = [judged for judged in see(text, ()) if writer_of(text.sheets[judged.address.record]) == me]
    now = tuple(found for judged in own if judged.shown and (found := text.paragraph(judged.address)))
    gone = tuple(found for judged in own if not judged.shown and (found := text.paragraph(judged.address)))
    return OwnWriting(one.record, one.post, card.kind, card.title, card.language, one.at, card.reply_record, now, gone)


def _edit(one: OwnText) -> OwnWriting:
    words = tuple(found for found in one.sheet.paragraphs if found is not None)
    return OwnWriting(one.record, one.post, "edit", "", "", one.at, None, words)
