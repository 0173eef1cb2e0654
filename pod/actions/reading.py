"""What the API shows of a group and its posts, folded from the records by the pure floors."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.chain import load_group
from models.content import NO_VOTES, load_post, load_sheets, load_tallies
from models.content import list_posts as list_cards
from pod.actions.chains import load_view
from pod.deps import Deps
from pod.errors import NotFoundError, UnknownGroupError
from protocol.content import Text, assemble
from protocol.ids import RecordId
from protocol.records.content import ParagraphTarget
from protocol.state import state_hash
from protocol.visibility import Sight, see

MOST_SHEETS = 10_000
MOST_POSTS = 500


async def describe_group(deps: Deps, group: RecordId) -> dict[str, Any]:
    """The group as this pod sees it: head, anchor, state hash, log, members."""
    async with deps.database.read() as session:
        return await _describe_group(session, deps, group)


async def _describe_group(session: AsyncSession, deps: Deps, group: RecordId) -> dict[str, Any]:
    view = await load_view(session, deps, group)
    stored = await load_group(session, group)
    if stored is None:
        raise UnknownGroupError("This pod doesn't hold that group.")
    state = view.state
    return {
        "group": group,
        "name": state.policy["name"],
        "kind": state.kind,
        "visibility": state.visibility,
        "head": view.head,
        "height": state.height,
        "term": state.term,
        "anchor": view.anchor,
        "settled_height": view.settled.height,
        "state_hash": state_hash(state),
        "log": {"size": state.log.size, "root": state.log.root, "held": stored.log_size},
        "steward": state.steward.pod,
        "keepers": [seat.member for seat in state.seats],
        "disputed": view.disputed,
        "members": [
            {"number": member.number, "weight": member.weight, "pod": member.home.pod, "left": member.left}
            for number in sorted(state.members)
            for member in [state.members[number]]
        ],
    }


async def describe_post(deps: Deps, group: RecordId, post: RecordId) -> dict[str, Any]:
    """A post's text as the group's own lens shows it, with the score of the post and of each paragraph (micro)."""
    async with deps.database.read() as session:
        return await _describe_post(session, deps, group, post)


async def _describe_post(session: AsyncSession, deps: Deps, group: RecordId, post: RecordId) -> dict[str, Any]:
    default_score = (await load_view(session, deps, group)).state.default_score
    card = await load_post(session, group, post)
    own, *patches = await load_sheets(session, group, post, MOST_SHEETS) if card else (None,)
    if card is None or own is None:
        raise NotFoundError("There is no such post in this group.")
    text = assemble(own, patches)
    tokens = {address: ParagraphTarget(address).token for address in text.order}
    tallies = await load_tallies(session, group, list(tokens.values()))
    standings = {address: tallies.get(token, NO_VOTES).sum_micro for address, token in tokens.items()}
    return {
        "post": post,
        "group": group,
        "author": card.author,
        "title": card.title,
        "score": default_score + card.tally.sum_micro,
        "paragraphs": [_paragraph(text, sight, standings[sight.address]) for sight in see(text, [standings])],
    }


def _paragraph(text: Text, sight: Sight, score_micro: int) -> dict[str, Any]:
    paragraph = text.paragraph(sight.address)
    return {
        "record": sight.address.record,
        "index": sight.address.index,
        "style": paragraph.style if paragraph else "text",
        "text": paragraph.text if paragraph else "",
        "score": score_micro,
        "shown": sight.shown,
        "reason": str(sight.reason),
    }


async def list_posts(deps: Deps, group: RecordId) -> list[dict[str, Any]]:
    """The posts of a group, the latest here first."""
    async with deps.database.read() as session:
        await load_view(session, deps, group)
        cards = await list_cards(session, group, MOST_POSTS)
    return [{"post": card.id, "author": card.author, "title": card.title, "at": card.at} for card in cards]
