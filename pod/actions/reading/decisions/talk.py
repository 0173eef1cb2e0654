"""What people say about a poll, a proposal or a prediction: posts that answer its record, as one reader sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from models.content.places import LogPlace
from models.content.replies import Others, count_replies, list_replies
from moderation.lens import Lens
from pod.actions.access import Reader
from pod.actions.reading.decisions.poll_page import PollPageSight, read_poll_page
from pod.actions.reading.group.page_facts import GroupSummary, load_summary
from pod.actions.reading.post.reply_sights import ReplySight, load_reply_sights
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId

COMMENTS_ON_A_PAGE: Final = 50


class TalkSight(msgspec.Struct, frozen=True):
    """Comments on one thing (`about`) of a poll, a page of them; `next`: where the following ones begin.

    `counts`: how many comments the poll, its proposals and its predictions have, where there are any.
    """

    page: PollPageSight
    summary: GroupSummary
    about: RecordId
    counts: Mapping[str, int]
    comments: tuple[ReplySight, ...]
    next: LogPlace | None


async def read_talk(
    deps: Deps, reader: Reader, group: RecordId, poll: RecordId, lens: Lens, *, about: RecordId, after: LogPlace | None
) -> TalkSight:
    """Comments on the poll or on a part of it; raises UnknownGroupError or NotFoundError."""
    page = await read_poll_page(deps, reader, group, poll)
    things = parts_of(page)
    if about not in things:
        raise DecisionRule.NO_SUCH_PART.error()
    others = Others(about, reader.id if reader else None, lens.groups)
    async with deps.store.database.read() as session:
        summary = await load_summary(session, deps, reader, group)
        counts = await count_replies(session, group, things, others)
        found = await list_replies(session, group, about, COMMENTS_ON_A_PAGE + 1, others=others, after=after)
        shown = found[:COMMENTS_ON_A_PAGE]
        sights = await load_reply_sights(session, deps, reader, summary, shown, lens=lens, others=others)
    last = LogPlace(shown[-1].place, shown[-1].id) if len(found) > len(shown) else None
    numbers = {str(record): count for (record, index), count in counts.items() if index is None}
    return TalkSight(page, summary, about, numbers, tuple(sights), last)


def parts_of(page: PollPageSight) -> tuple[RecordId, ...]:
    """What of a poll can be commented: its record, and those of its proposals and predictions."""
    sight = page.sight
    proposals = [RecordId(one.id) for one in sight.poll.options if one.author is not None]
    return (sight.poll.id, *proposals, *(one.id for one in sight.statements))
