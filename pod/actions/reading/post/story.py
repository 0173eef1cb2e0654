"""A post as its page tells it: the text in a lens, the reader's own votes, answers and comments, where it appears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_met
from models.content.lens_sources import (
    GroupWhereabouts,
    Voted,
    list_voted,
    load_member_votes,
    load_whereabouts,
)
from models.content.places import LogPlace
from models.content.posts_and_votes import PostCard, load_tally
from models.content.replies import Others, count_replies, list_comments, list_replies
from moderation.lens import Lens
from moderation.scores import is_shown
from pod.actions.access import Reader
from pod.actions.chain.views import load_view
from pod.actions.reading.decisions.poll_titles import CommentedPoll, load_commented
from pod.actions.reading.decisions.questions import EarlierPoll, load_polls_about
from pod.actions.reading.group.page_facts import GroupSummary, load_summary
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.lens.verdicts import Sums
from pod.actions.reading.post.proven_origins import load_proven_origin
from pod.actions.reading.post.reply_sights import ReplySight, load_reply_sights
from pod.actions.reading.post.text import VisiblePost, author_of, load_reading
from pod.actions.reading.post.text_parts import Choose, part_from
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Address, PostTarget, Token

REPLIES_ON_A_PAGE = 50
MOST_COMMENTS = 100
MOST_ORPHANS = 50
MOST_GROUPS = 20

Answers = Mapping[tuple[RecordId, int | None], int]


class Appearance(msgspec.Struct, frozen=True):
    """A group in which a post appears, with its score there: a public group or one of the reader's own."""

    group: RecordId
    name: str
    score: int
    shown: bool


class Story(msgspec.Struct, frozen=True):
    """Everything on a post's page. `votes` and `own_votes`: the reader's, in `bench` and in the personal group.

    `bench`: the group in which the reader's votes count; `answers_in`: the group in which the reader's answer is
    written. `answered`: the post or poll that this one answers, if it is here and the reader may find it.

    `polls`: those of the page's group that came from this post.
    `next_reply`: where the next replies begin, None at the end; `thread`: the comments on the requested paragraph.
    `proven`: of an imported post the actor elsewhere that named its author, as this pod asked it.
    """

    reading: VisiblePost
    bench: GroupSummary
    answers_in: GroupSummary | None
    answered: GroupWhereabouts | CommentedPoll | None
    nicknames: Mapping[int, str]
    votes: Mapping[Token, int]
    own_votes: Mapping[Token, int]
    answers: Answers
    replies: tuple[ReplySight, ...]
    next_reply: LogPlace | None
    thread: tuple[ReplySight, ...]
    orphans: tuple[ReplySight, ...]
    appears: tuple[Appearance, ...]
    polls: tuple[EarlierPoll, ...]
    proven: str


async def read_story(
    deps: Deps,
    reader: Reader,
    group: RecordId,
    post: RecordId,
    lens: Lens,
    *,
    start: int = 0,
    thread: Address | None = None,
    after_reply: LogPlace | None = None,
) -> Story:
    """Load all that a post's page from `start` on shows; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        reading = await load_reading(session, deps, reader, group, post, lens, choose=_part(start, thread))
        others = Others(post, reader.id if reader else None, lens.groups)
        answers = await count_replies(session, group, list(reading.text.sheets), others)
        cards = await list_replies(session, group, post, REPLIES_ON_A_PAGE + 1, others=others, after=after_reply)
        comments, lost = await _list_comments(session, reading, thread, answers, others)
        page = cards[:REPLIES_ON_A_PAGE]
        listed = [*page, *comments, *lost]
        replies = await load_reply_sights(session, deps, reader, reading.summary, listed, lens=lens, others=others)
        bench = await load_bench(session, deps, reader, reading.summary, lens)
        votes, own_votes = await _load_votes(session, reader, reading, bench, page)
        return Story(
            reading=reading,
            bench=bench,
            answered=await _load_answered(session, deps, reader, reading),
            answers_in=await _answers_in(session, post, reading.summary, bench),
            nicknames=await load_nicknames(session, deps, group, {*map(author_of, reading.text.sheets.values())}),
            votes=votes,
            own_votes=own_votes,
            answers=answers,
            replies=tuple(replies[: len(page)]),
            next_reply=LogPlace(page[-1].place, page[-1].id) if len(cards) > len(page) else None,
            thread=tuple(replies[len(page) : len(page) + len(comments)]),
            orphans=tuple(replies[len(page) + len(comments) :]),
            appears=await _load_appearances(session, deps, reader, post),
            polls=await load_polls_about(session, deps, group, post),
            proven=await load_proven_origin(session, reading.card),
        )


def _part(start: int, about: Address | None) -> Choose:
    return partial(part_from, start=start, about=about)


async def _list_comments(
    session: AsyncSession, reading: VisiblePost, thread: Address | None, answers: Answers, others: Others
) -> tuple[list[PostCard], list[PostCard]]:
    """The comments on the requested paragraph, and those on paragraphs that aren't shown."""
    listed = partial(list_comments, session, reading.summary.group, others=others)
    asked = await listed([thread] if thread else [], MOST_COMMENTS)
    return asked, await listed(_orphaned(reading, answers), MOST_ORPHANS)


async def load_bench(
    session: AsyncSession, deps: Deps, reader: Reader, summary: GroupSummary, lens: Lens
) -> GroupSummary:
    """The group in which the reader votes on a post: the lens's one group if the reader writes there, else its own.

    So a group's moderators, who look at a post through their group, vote in that group wherever the post was written.
    """
    if len(lens.groups) != 1 or lens.groups[0] == summary.group or summary.visibility == "private":
        return summary
    through = await load_summary(session, deps, reader, lens.groups[0])
    return through if through.votes else summary


async def describe_answers_in(
    deps: Deps, reader: Reader, group: RecordId, post: RecordId, lens: Lens
) -> GroupSummary | None:
    """The group in which the reader's answer to a post is written; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        summary = await load_summary(session, deps, reader, group)
        return await _answers_in(session, post, summary, await load_bench(session, deps, reader, summary, lens))


async def _answers_in(
    session: AsyncSession, post: RecordId, summary: GroupSummary, bench: GroupSummary
) -> GroupSummary | None:
    """The post's own group for its members; else `bench`, if the reader writes there and the post appears there."""
    if summary.writes:
        return summary
    tally = await load_tally(session, bench.group, PostTarget(post).token)
    return bench if bench.writes and tally.supporters else None


async def _load_answered(
    session: AsyncSession, deps: Deps, reader: Reader, reading: VisiblePost
) -> GroupWhereabouts | CommentedPoll | None:
    record = reading.card.reply_record
    if record is None:
        return None
    found = (await load_whereabouts(session, [record])).get(record)
    if found is None:
        return await load_commented(session, deps, reading.summary.group, record)
    if found.group == reading.summary.group:
        return found
    return found if await list_met(session, reader.id if reader else None, [found.group]) else None


async def _load_votes(
    session: AsyncSession, reader: Reader, reading: VisiblePost, bench: GroupSummary, replies: Sequence[PostCard]
) -> tuple[dict[Token, int], dict[Token, int]]:
    """The reader's votes in `bench` and in the personal group.

    What nobody in a group voted on is known from its sums, and isn't asked for; the replies' sums aren't in `reading`.
    """
    tokens = [PostTarget(reading.card.id).token, *reading.tokens.values()]
    others = [PostTarget(card.id).token for card in replies]

    async def votes_of(group: RecordId, member: int, sums: Sums) -> dict[Token, int]:
        return await load_member_votes(session, group, member, [*(one for one in tokens if one in sums), *others])

    own, layers = reader.personal_group if reader else None, reading.layers
    sums = layers.lens.get(bench.group, reading.own_sums)
    return (
        await votes_of(bench.group, bench.member, sums) if bench.member else {},
        await votes_of(own, 1, layers.own) if own else {},
    )


def _orphaned(reading: VisiblePost, answers: Answers) -> list[Address]:
    """Paragraphs of the page that have comments but aren't shown: the lens hides them, or a record is missing."""
    commented = {Address(record, index) for record, index in answers if index is not None}
    if not commented:
        return []
    hidden = {judged.address for judged in reading.own_judged if reading.hiding(judged)}
    return sorted(commented & (hidden | set(reading.text.waiting)))[:MOST_ORPHANS]


async def _load_appearances(
    session: AsyncSession, deps: Deps, reader: Reader, post: RecordId
) -> tuple[Appearance, ...]:
    account = reader.id if reader else None
    voted = await list_voted(session, PostTarget(post).token, MOST_GROUPS, account=account)
    return tuple([await _appearance(session, deps, found) for found in voted if found.supporters])


async def _appearance(session: AsyncSession, deps: Deps, found: Voted) -> Appearance:
    score = (await load_view(session, deps, found.group)).state.default_score + found.sum_micro
    return Appearance(found.group, found.name, score, is_shown(score))
