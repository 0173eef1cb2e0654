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
    load_group_names,
    load_member_votes,
    load_whereabouts,
)
from models.content.places import LogPlace
from models.content.posts_and_votes import PostCard, load_tally
from models.content.replies import Others, count_replies, list_comments, list_replies, load_sheets_of
from moderation.lens import Hide, Layer, Lens
from moderation.scores import is_shown
from pod.actions.access import Reader
from pod.actions.chain.views import load_view
from pod.actions.reading.decisions.questions import EarlierPoll, load_polls_about
from pod.actions.reading.group.page_facts import GroupSummary, load_summary
from pod.actions.reading.group.profiles import load_nicknames, load_writers
from pod.actions.reading.lens.verdicts import Author, Layers, Sums, load_layers
from pod.actions.reading.post.text import VisiblePost, author_of, lens_score, load_reading, without_words, writer_of
from pod.actions.reading.post.text_parts import part_from
from pod.deps import Deps
from protocol.content import Text, assemble
from protocol.ids import RecordId
from protocol.records.content import Address, Paragraph, ParagraphTarget, PostTarget, Token
from protocol.visibility import Judged, see

REPLIES_ON_A_PAGE = 50
MOST_COMMENTS = 100
MOST_ORPHANS = 50
MOST_REPLY_SHEETS = 2000
MOST_GROUPS = 20

Answers = Mapping[tuple[RecordId, int | None], int]


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


class Appearance(msgspec.Struct, frozen=True):
    """A group in which a post appears, with its score there: a public group or one of the reader's own."""

    group: RecordId
    name: str
    score: int
    shown: bool


class Story(msgspec.Struct, frozen=True):
    """Everything on a post's page. `votes` and `own_votes`: the reader's, in `bench` and in the personal group.

    `bench`: the group in which the reader's votes count; `answers_in`: the group in which the reader's answer is
    written. `answered`: the post that this one answers, if it is here and the reader may find it.

    `polls`: those of the page's group that came from this post.
    `next_reply`: where the next replies begin, None at the end; `thread`: the comments on the requested paragraph.
    """

    reading: VisiblePost
    bench: GroupSummary
    answers_in: GroupSummary | None
    answered: GroupWhereabouts | None
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
        choose = partial(part_from, start=start, about=thread)
        reading = await load_reading(session, deps, reader, group, post, lens, choose=choose)
        others = Others(post, reader.id if reader else None, lens.groups)
        answers = await count_replies(session, group, list(reading.text.sheets), others)
        cards = await list_replies(session, group, post, REPLIES_ON_A_PAGE + 1, others=others, after=after_reply)
        comments = await list_comments(session, group, [thread] if thread else [], MOST_COMMENTS, others=others)
        lost = await list_comments(session, group, _orphaned(reading, answers), MOST_ORPHANS, others=others)
        page = cards[:REPLIES_ON_A_PAGE]
        replies = await _load_replies(session, deps, reader, reading, [*page, *comments, *lost], others)
        bench = await load_bench(session, deps, reader, reading.summary, lens)
        votes, own_votes = await _load_votes(session, reader, reading, bench, page)
        return Story(
            reading=reading,
            bench=bench,
            answered=await _load_answered(session, reader, reading),
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
        )


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


async def _load_answered(session: AsyncSession, reader: Reader, reading: VisiblePost) -> GroupWhereabouts | None:
    record = reading.card.reply_record
    found = (await load_whereabouts(session, [record])).get(record) if record else None
    if found is None or found.group == reading.summary.group:
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


async def _load_replies(
    session: AsyncSession,
    deps: Deps,
    reader: Reader,
    reading: VisiblePost,
    cards: Sequence[PostCard],
    others: Others,
) -> list[ReplySight]:
    if not cards:
        return []
    group, lens = reading.summary.group, reading.lens
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
    default = reading.summary.default_score
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


async def _load_appearances(
    session: AsyncSession, deps: Deps, reader: Reader, post: RecordId
) -> tuple[Appearance, ...]:
    account = reader.id if reader else None
    voted = await list_voted(session, PostTarget(post).token, MOST_GROUPS, account=account)
    return tuple([await _appearance(session, deps, found) for found in voted if found.supporters])


async def _appearance(session: AsyncSession, deps: Deps, found: Voted) -> Appearance:
    score = (await load_view(session, deps, found.group)).state.default_score + found.sum_micro
    return Appearance(found.group, found.name, score, is_shown(score))
