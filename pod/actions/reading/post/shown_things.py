"""Posts that a list of other things names (votes, edits): those that a group shows to the reader, and no others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.home_feed import FeedCard, load_cards
from models.content.lens_sources import GroupWhereabouts, load_whereabouts
from moderation.lens import Lens
from pod.actions.access import Reader, open_those
from pod.actions.reading.group.profiles import load_writers
from pod.actions.reading.lens.verdicts import load_layers
from pod.actions.reading.post.cards import VisibleCard, load_excerpts, visible_card
from pod.deps import Deps
from pod.foreign_text import is_seen
from protocol.ids import RecordId
from protocol.records.content import PostTarget

LENGTH: Final = 120


async def load_shown_things(
    session: AsyncSession, deps: Deps, reader: Reader, group: RecordId, records: Collection[RecordId]
) -> dict[RecordId, VisibleCard]:
    """For each of the records (posts or edits) its post, as `group` shows it to the reader.

    A post without a title has its beginning instead. Posts that the group doesn't show, and posts of groups that the
    reader may not find, are left out. The caller has checked that the reader may read `group`.
    """
    where = await load_whereabouts(session, records)
    cards = await _met(session, deps, reader, group, where)
    lens = Lens((group,))
    writers = {(card.group_id, card.author) for card in cards.values()}
    layers = await load_layers(
        session, deps, reader, [group], [PostTarget(post).token for post in cards], writers, everybody=True
    )
    verdicts = {
        post: layers.judge(lens, PostTarget(post).token, (card.group_id, card.author)) for post, card in cards.items()
    }
    shown = [post for post, verdict in verdicts.items() if verdict.shown and not cards[post].erased]
    nameless = [post for post in shown if not is_seen(cards[post].title)]  # their first words serve as a title
    excerpts = await load_excerpts(session, deps, reader, dict.fromkeys(nameless, lens), LENGTH, everybody=True)
    nicknames = await load_writers(session, deps, writers)
    told = {
        post: visible_card(
            cards[post],
            verdicts[post].groups[0].score,
            None,
            excerpts.get(post, ""),
            nicknames.get((cards[post].group_id, cards[post].author), ""),
        )
        for post in shown
    }
    return {record: told[found.post] for record, found in where.items() if found.post in told}


async def load_named_things(
    session: AsyncSession, deps: Deps, reader: Reader, records: Collection[RecordId]
) -> dict[RecordId, VisibleCard]:
    """For each of the records its post, hidden or not and without its text, because the reader asked for it by id.

    Posts of groups that the reader may not read are left out; a post that this pod withholds has no title.
    """
    where = await load_whereabouts(session, records)
    cards = await load_cards(session, {found.post for found in where.values()})
    opened = await open_those(session, deps, reader, {card.group_id for card in cards.values()})
    layers = await load_layers(session, deps, reader, [], [PostTarget(post).token for post in cards])
    nicknames = await load_writers(session, deps, {(card.group_id, card.author) for card in cards.values()})
    told = {}
    for post, card in cards.items():
        if card.group_id in opened:
            nickname = nicknames.get((card.group_id, card.author), "")
            layer = layers.judge(Lens(), PostTarget(post).token).layer
            score = opened[card.group_id].state.default_score + card.sum_micro
            told[post] = visible_card(card, score, layer, "", nickname)
    return {record: told[found.post] for record, found in where.items() if found.post in told}


async def _met(
    session: AsyncSession, deps: Deps, reader: Reader, group: RecordId, where: dict[RecordId, GroupWhereabouts]
) -> dict[RecordId, FeedCard]:
    """Those posts that stand in `group` or in another group that the reader may find."""
    cards = await load_cards(session, {found.post for found in where.values()})
    elsewhere = {card.group_id for card in cards.values()} - {group}
    met = {group} | {
        other for other, opened in (await open_those(session, deps, reader, elsewhere)).items() if opened.is_met
    }
    return {post: card for post, card in cards.items() if card.group_id in met}
