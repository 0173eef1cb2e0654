"""Answers as the page of what they answer shows them: in its lens, with the layers that hide them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_group_names
from models.content.posts_and_votes import PostCard
from models.content.replies import Others, count_replies, load_sheets_of
from moderation.lens import Hide, Layer, Lens
from pod.actions.access import Reader
from pod.actions.reading.group.page_facts import GroupSummary
from pod.actions.reading.group.profiles import load_writers
from pod.actions.reading.lens.verdicts import Author, Layers, load_layers
from pod.actions.reading.post.text import author_of, lens_score, without_words, writer_of
from pod.deps import Deps
from protocol.content import Text, assemble
from protocol.ids import RecordId
from protocol.records.content import Paragraph, ParagraphTarget, PostTarget
from protocol.visibility import Judged, see

MOST_REPLY_SHEETS: Final = 2000


class ReplySight(msgspec.Struct, frozen=True):
    """An answer in the lens of the page: `paragraphs` are the shown ones, `hidden` counts the others.

    `group_name`: the group in which it was written, if that isn't the post's group.
    """

    card: PostCard
    score: int
    shown: bool
    hides: tuple[Hide, ...]
    paragraphs: tuple[Paragraph, ...]
    hidden: int
    answers: int
    nickname: str = ""
    group_name: str = ""


async def load_reply_sights(
    session: AsyncSession,
    deps: Deps,
    reader: Reader,
    summary: GroupSummary,
    cards: Sequence[PostCard],
    *,
    lens: Lens,
    others: Others,
) -> list[ReplySight]:
    """What a page of the group shows of these answers, in their order."""
    if not cards:
        return []
    group = summary.group
    sheets = await load_sheets_of(session, {card.id for card in cards}, MOST_REPLY_SHEETS)
    texts = {
        post: assemble(own, found)
        for post, found in sheets.items()
        if (own := next((sheet for sheet in found if sheet.id == post), None))
    }
    tokens = [PostTarget(card.id).token for card in cards]
    tokens += [ParagraphTarget(address).token for text in texts.values() for address in text.order]
    authors = {(card.group_id, card.author) for card in cards}
    writers = {writer_of(sheet) for text in texts.values() for sheet in text.sheets.values()}
    layers = await load_layers(session, deps, reader, lens.groups, tokens, authors | writers)
    answers = await count_replies(session, group, {card.id for card in cards}, others)
    nicknames = await load_writers(session, deps, authors)
    names = await load_group_names(session, {card.group_id for card in cards} - {group})
    default = summary.default_score
    return [
        msgspec.structs.replace(
            _reply(card, texts.get(card.id), layers, lens, default, answers.get((card.id, None), 0)),
            nickname=nicknames.get((card.group_id, card.author), ""),
            group_name=names.get(card.group_id, ""),
        )
        for card in cards
    ]


def _reply(card: PostCard, text: Text | None, layers: Layers, lens: Lens, default: int, answers: int) -> ReplySight:
    verdict = layers.judge(lens, PostTarget(card.id).token, (card.group_id, card.author))
    order = text.order if text else ()
    tokens = {address: ParagraphTarget(address).token for address in order}
    standings = [{address: layers.lens[group][token] for address, token in tokens.items()} for group in lens.groups]
    withheld = any(hide.layer is Layer.POD for hide in verdict.hides)
    seen = [
        paragraph
        for judged in (see(text, standings, lens.combine) if text and not withheld else ())
        if text
        and not layers.over(lens, judged, tokens[judged.address], _writer_of(card.group_id, text, judged))
        and (paragraph := text.paragraph(judged.address))
    ]
    card = without_words(card) if withheld else card
    score = lens_score(lens, [found.score for found in verdict.groups], default + card.tally.sum_micro)
    return ReplySight(card, score, verdict.shown, verdict.hides, tuple(seen), len(order) - len(seen), answers)


def _writer_of(group: RecordId, text: Text, judged: Judged) -> Author:
    return group, author_of(text.sheets[judged.address.record])
