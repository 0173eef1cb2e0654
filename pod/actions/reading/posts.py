"""Posts as lists show them, one post's text in a lens, and the records that made it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content import PostCard, load_post, load_sheets
from models.content import list_posts as list_cards
from models.records import load_records
from moderation.lens import Hide, Layer, Lens
from pod.actions.reading.access import Reader, load_readable
from pod.actions.reading.lenses import Layers, load_layers
from pod.deps import Deps
from pod.errors import NotFoundError
from protocol.content import Sheet, Text, assemble
from protocol.ids import RecordId
from protocol.records.content import Address, ParagraphTarget, PostTarget, Token
from protocol.visibility import Sight, see

MOST_SHEETS = 10_000


class PostLine(msgspec.Struct, frozen=True):
    """A post in a list. `score` (micro) is the group's own; `shown` and `hides` are those of the reader's layers."""

    post: RecordId
    author: int
    kind: str
    title: str
    at: int
    score: int
    shown: bool
    hides: tuple[Hide, ...]
    reply_to: RecordId | None = None
    subject: str | None = None
    erased: bool = False


class PostPage(msgspec.Struct, frozen=True):
    """Posts, the latest here first; `next` is the `before` of the page that follows."""

    posts: tuple[PostLine, ...]
    next: int | None = None


class ParagraphSight(msgspec.Struct, frozen=True):
    """A paragraph in a lens. `score` (micro) is the group's own, `scores` those of the lens's groups in its order.

    `reason` is the lens's word; `layers` hide it: `lens`, `own` or `pod`. `instead`: what is shown in its slot.
    """

    record: RecordId
    index: int
    author: int
    style: str
    text: str
    score: int
    shown: bool
    reason: str
    layers: tuple[Layer, ...]
    scores: tuple[int, ...]
    instead: Address | None = None


class PostSight(msgspec.Struct, frozen=True):
    """A post's whole text in reading order, hidden paragraphs too."""

    post: RecordId
    group: RecordId
    author: int
    kind: str
    title: str
    language: str
    at: int
    score: int
    shown: bool
    hides: tuple[Hide, ...]
    paragraphs: tuple[ParagraphSight, ...]


class AddLine(msgspec.Struct, frozen=True):
    """A paragraph that a record brought; no style and text once it is erased."""

    index: int
    after: Address | None
    style: str = ""
    text: str = ""


class MarkLine(msgspec.Struct, frozen=True):
    """What a record says of a paragraph."""

    paragraph: Address
    deleted: bool
    replaced_by: Address | None


class HistoryLine(msgspec.Struct, frozen=True):
    """What one record, the post itself or a patch, brought to the text. `at` is the author's claim."""

    record: RecordId
    author: int
    at: int
    log_index: int | None
    erased: bool
    adds: tuple[AddLine, ...]
    marks: tuple[MarkLine, ...]


class History(msgspec.Struct, frozen=True):
    """All records of a post's text, in the order in which they came here."""

    history: tuple[HistoryLine, ...]


async def list_posts(
    deps: Deps, reader: Reader, group: RecordId, lens: Lens, *, before: int | None, limit: int
) -> PostPage:
    """The group's own posts, the latest here first."""
    async with deps.database.read() as session:
        default_score = (await load_readable(session, deps, reader, group)).state.default_score
        cards = await list_cards(session, group, limit + 1, before_seq=before)
        tokens = [PostTarget(card.id).token for card in cards]
        writers = {(card.group_id, card.author) for card in cards}
        layers = await load_layers(session, deps, reader, lens.groups, tokens, writers)
    shown = tuple(_line(card, default_score, layers, lens) for card in cards[:limit])
    return PostPage(shown, cards[limit - 1].seq if len(cards) > limit else None)


def _line(card: PostCard, default_score: int, layers: Layers, lens: Lens) -> PostLine:
    verdict = layers.judge(lens, PostTarget(card.id).token, (card.group_id, card.author))
    return PostLine(
        card.id,
        card.author,
        card.kind,
        card.title,
        card.at,
        default_score + card.tally.sum_micro,
        verdict.shown,
        verdict.hides,
        card.reply_record,
        card.subject,
        card.erased,
    )


async def describe_post(deps: Deps, reader: Reader, group: RecordId, post: RecordId, lens: Lens) -> PostSight:
    """A post's text as the lens shows it, with the scores of the post and of each paragraph (micro)."""
    async with deps.database.read() as session:
        default_score = (await load_readable(session, deps, reader, group)).state.default_score
        card, text = await load_text(session, group, post)
        tokens = {address: ParagraphTarget(address).token for address in text.order}
        asked = [PostTarget(post).token, *tokens.values()]
        layers = await load_layers(session, deps, reader, lens.groups, asked)
        own = layers.lens.get(group) or (await load_layers(session, deps, reader, [group], asked)).lens[group]
    verdict = layers.judge(lens, PostTarget(post).token)
    standings = [{address: layers.lens[g][token] for address, token in tokens.items()} for g in lens.groups]
    sights = see(text, standings, lens.combine)
    return PostSight(
        post,
        group,
        card.author,
        card.kind,
        card.title,
        card.language,
        card.at,
        default_score + card.tally.sum_micro,
        verdict.shown,
        verdict.hides,
        tuple(_paragraph(text, sight, own, layers, tokens) for sight in sights),
    )


async def load_text(session: AsyncSession, group: RecordId, post: RecordId) -> tuple[PostCard, Text]:
    """A post of the group with its text before any lens; raises NotFoundError."""
    card = await load_post(session, group, post)
    sheets = await load_sheets(session, group, post, MOST_SHEETS) if card and card.group_id == group else []
    own = next((sheet for sheet in sheets if sheet.id == post), None)
    if card is None or own is None:
        raise NotFoundError("There is no such post in this group.")
    return card, assemble(own, sheets)


def _paragraph(
    text: Text, sight: Sight, own: Mapping[Token, int], layers: Layers, tokens: Mapping[Address, Token]
) -> ParagraphSight:
    paragraph, token = text.paragraph(sight.address), tokens[sight.address]
    hiding = [Layer.POD] if any(sums[token] < 0 for sums in layers.floor.values()) else []
    hiding += [Layer.OWN] if layers.own.get(token, 0) < 0 else []
    hiding += [] if sight.shown else [Layer.LENS]
    return ParagraphSight(
        sight.address.record,
        sight.address.index,
        author_of(text.sheets[sight.address.record]),
        paragraph.style if paragraph else "text",
        paragraph.text if paragraph else "",
        own[token],
        not hiding,
        str(sight.reason),
        tuple(hiding),
        sight.scores,
        sight.instead,
    )


def author_of(sheet: Sheet) -> int:
    """The number of the member who wrote a sheet; 0 for a guest."""
    number = sheet.writer.rpartition("/")[2]
    return int(number) if number.isdecimal() else 0


async def list_history(deps: Deps, reader: Reader, group: RecordId, post: RecordId) -> History:
    """What each record brought to the post's text."""
    async with deps.database.read() as session:
        await load_readable(session, deps, reader, group)
        _, text = await load_text(session, group, post)
        stored = await load_records(session, list(text.sheets))
    sheets = sorted((sheet for sheet in text.sheets.values() if sheet.id in stored), key=lambda s: stored[s.id].seq)
    return History(
        tuple(
            HistoryLine(
                sheet.id,
                author_of(sheet),
                stored[sheet.id].at or 0,
                stored[sheet.id].log_index,
                sheet.erased,
                tuple(_adds(sheet)),
                tuple(MarkLine(mark.paragraph, mark.deleted, mark.replaced_by) for mark in sheet.marks),
            )
            for sheet in sheets
        )
    )


def _adds(sheet: Sheet) -> list[AddLine]:
    return [
        AddLine(index, after, paragraph.style if paragraph else "", paragraph.text if paragraph else "")
        for index, (paragraph, after) in enumerate(zip(sheet.paragraphs, sheet.afters, strict=True))
    ]
