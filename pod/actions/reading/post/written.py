"""What one member wrote in a group, as the group shows it to the reader: what is hidden is listed without words."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.home_feed import FeedCard, list_by_author
from models.content.places import LogPlace
from moderation.lens import Lens
from pod.actions.access import ReadableGroup, Reader
from pod.actions.reading.lens.verdicts import Layers, load_layers
from pod.actions.reading.post.cards import VisibleCard, load_excerpts, visible_card
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import PostTarget


async def list_written(
    session: AsyncSession,
    deps: Deps,
    reader: Reader,
    opened: ReadableGroup,
    author: int,
    *,
    before: LogPlace | None,
    limit: int,
) -> tuple[tuple[VisibleCard, ...], LogPlace | None]:
    """(posts, the last in the log first; the `before` of the next page)."""
    group, lens = opened.id, Lens((opened.id,))
    cards, following = await list_by_author(session, group, author, limit, before=before)
    tokens = [PostTarget(card.id).token for card in cards]
    layers = await load_layers(session, deps, reader, [group], tokens, {(group, author)})
    excerpts = await load_excerpts(session, deps, reader, {card.id: lens for card in cards if card.kind == "note"})
    return tuple(_card(card, lens, layers, excerpts) for card in cards), following


def _card(card: FeedCard, lens: Lens, layers: Layers, excerpts: dict[RecordId, str]) -> VisibleCard:
    verdict = layers.judge(lens, PostTarget(card.id).token, (card.group_id, card.author))
    score = verdict.groups[0].score
    if not verdict.shown:
        return visible_card(replace(card, title=""), score, verdict.layer, "")
    return visible_card(card, score, None, excerpts.get(card.id, ""))
