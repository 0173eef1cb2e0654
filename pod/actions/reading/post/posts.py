"""Posts as lists show them, one post's text in a lens, and the records that made it."""

from __future__ import annotations

from functools import partial

import msgspec

from models.content.places import LogPlace
from models.content.posts_and_votes import PostCard
from models.content.reposts import list_shown_posts
from models.groups.records import load_records
from moderation.lens import Hide, Layer, Lens
from pod.actions.access import Reader, open_state
from pod.actions.reading.lens.verdicts import Layers, load_layers
from pod.actions.reading.post.cards import origin_of
from pod.actions.reading.post.slices import slice_from
from pod.actions.reading.post.text import (
    VisibleParagraph,
    VisiblePost,
    author_of,
    in_order,
    load_reading,
    without_words,
    writer_of,
)
from pod.actions.reading.post.text_parts import part_from
from pod.deps import Deps
from protocol.content import Sheet
from protocol.ids import RecordId
from protocol.records.content import Address, Imported, PostTarget, SubjectTarget

LINE_CHARACTERS = 300  # the size of a paragraph or mark in an answer without its words


class PostLine(msgspec.Struct, frozen=True):
    """A post in a list. `score` (micro): in the group that lists it; `shown`, `hides`: for this reader.

    `group`: the group of the post; for a repost that isn't the group that lists it.
    """

    post: RecordId
    group: RecordId
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
    imported: Imported | None = None

    @property
    def warned(self) -> bool:
        """Whether its author set a warning before it, so that a list shows none of its text."""
        return self.imported is not None and bool(self.imported.warning)

    @property
    def withheld(self) -> bool:
        """Whether this pod withholds it; then the line has no words."""
        return any(hide.layer is Layer.POD for hide in self.hides)


class PostPage(msgspec.Struct, frozen=True):
    """Posts, the last in the log first; `next` is the `before` of the next page."""

    posts: tuple[PostLine, ...]
    next: str | None = None


class ParagraphSight(msgspec.Struct, frozen=True):
    """A paragraph in a lens. `score` (micro): in the post's group; `scores`: in the lens's groups, in order.

    `reason`: the lens's verdict; `layers`: those that hide it, `lens`, `own` or `pod`. `instead`: the paragraph that is
    shown in its slot. `group`: where the author wrote it, if that isn't the post's group.
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
    group: RecordId | None = None


class PostSight(msgspec.Struct, frozen=True):
    """A post's text in reading order, with hidden paragraphs; `next` is the `from` of the next part.

    `more`: it has more edits than this pod reads.
    """

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
    next: int | None = None
    more: bool = False


class AddLine(msgspec.Struct, frozen=True):
    """A paragraph that a record added; without style and text once it is erased."""

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
    """What one record, the post itself or a patch, added to the text. `at`: the time that its author claims."""

    record: RecordId
    author: int
    at: int
    log_index: int | None
    erased: bool
    adds: tuple[AddLine, ...]
    marks: tuple[MarkLine, ...]
    group: RecordId


class History(msgspec.Struct, frozen=True):
    """Records of a post's text, in the log's order; `next` is the `from` of the next part."""

    history: tuple[HistoryLine, ...]
    next: int | None = None


async def list_posts(
    deps: Deps,
    reader: Reader,
    group: RecordId,
    lens: Lens,
    *,
    before: LogPlace | None,
    limit: int,
    everybody: bool = False,
    folded: bool = False,
) -> PostPage:
    """The posts that the group shows, its own and those that its members repost, the last in the log first.

    `everybody`: leave the reader's own hides out. `folded`: give also the titles of posts that the lens or the reader
    hides, for a page that shows them to their writer, or on request.
    """
    async with deps.store.database.read() as session:
        default_score = (await open_state(session, deps, reader, group)).default_score
        cards, following = await list_shown_posts(session, group, limit, before=before)
        tokens = [PostTarget(card.id).token for card in cards]
        tokens += [SubjectTarget(card.subject).token for card in cards if card.subject]
        writers = {(card.group_id, card.author) for card in cards}
        layers = await load_layers(session, deps, reader, lens.groups, tokens, writers, everybody=everybody)
    lines = tuple(_line(card, default_score, layers, lens, folded=folded) for card in cards)
    return PostPage(lines, str(following) if following else None)


def _line(card: PostCard, default_score: int, layers: Layers, lens: Lens, *, folded: bool) -> PostLine:
    verdict = layers.judge(lens, PostTarget(card.id).token, (card.group_id, card.author))
    if not (verdict.shown or folded) or any(hide.layer is Layer.POD for hide in verdict.hides):
        card = without_words(card)
    hides_name = card.subject is not None and layers.withholds(SubjectTarget(card.subject).token)
    return PostLine(
        card.id,
        card.group_id,
        card.author,
        card.kind,
        card.title,
        card.at,
        default_score + card.tally.sum_micro,
        verdict.shown,
        verdict.hides,
        card.reply_record,
        None if hides_name else card.subject,
        card.erased,
        origin_of(card),
    )


async def describe_post(
    deps: Deps, reader: Reader, group: RecordId, post: RecordId, lens: Lens, *, start: int = 0
) -> PostSight:
    """A post's text from paragraph `start` on, as the lens shows it, with all scores (micro)."""
    async with deps.store.database.read() as session:
        reading = await load_reading(session, deps, reader, group, post, lens, choose=partial(part_from, start=start))
    card, portion = reading.card, reading.portion
    part, following = slice_from(reading.own_judged, 0, lambda judged: len(reading.words(judged.address) or ""))
    return PostSight(
        post,
        group,
        card.author,
        card.kind,
        card.title,
        card.language,
        card.at,
        reading.score,
        reading.verdict.shown,
        reading.verdict.hides,
        tuple(_paragraph(reading, reading.paragraph(judged)) for judged in part),
        portion.next if following is None else portion.start + following,
        reading.more,
    )


def _paragraph(reading: VisiblePost, found: VisibleParagraph) -> ParagraphSight:
    return ParagraphSight(
        found.address.record,
        found.address.index,
        found.writer[1],
        found.style,
        found.text or "",
        reading.own_sums[reading.tokens[found.address]],
        found.shown,
        str(found.judged.reason),
        found.layers,
        found.judged.scores,
        found.judged.instead,
        found.writer[0] if found.writer[0] != reading.summary.group else None,
    )


async def list_history(deps: Deps, reader: Reader, group: RecordId, post: RecordId, *, start: int = 0) -> History:
    """What each record added to the post's text, from record number `start` on."""
    async with deps.store.database.read() as session:
        text = (await load_reading(session, deps, reader, group, post, Lens((group,)))).text
        stored = await load_records(session, list(text.sheets))
    sheets = in_order(text, stored)
    part, following = slice_from(sheets, start, _length)
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
                writer_of(sheet)[0],
            )
            for sheet in part
        ),
        following,
    )


def _length(sheet: Sheet) -> int:
    """The size of a record in an answer, in characters: its words, and a fixed part per paragraph and mark."""
    words = sum(len(paragraph.text) for paragraph in sheet.paragraphs if paragraph)
    return words + LINE_CHARACTERS * (len(sheet.paragraphs) + len(sheet.marks))


def _adds(sheet: Sheet) -> list[AddLine]:
    return [
        AddLine(index, after, paragraph.style if paragraph else "", paragraph.text if paragraph else "")
        for index, (paragraph, after) in enumerate(zip(sheet.paragraphs, sheet.afters, strict=True))
    ]
