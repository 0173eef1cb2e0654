"""A post as one reader sees it in a lens, with all that judges it: what pages, explanations and documents tell.

What this pod withholds from the reader has no words in here, so nothing that is made of these values can tell it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.edits_elsewhere import list_edits_elsewhere
from models.content.lens_sources import load_group_names
from models.content.places import stored_place
from models.content.posts_and_votes import PostCard, load_post, load_sheets
from models.content.sheets import blank, load_blank_sheets, load_sheets_named, load_text_stamp
from models.groups.records import StoredRecord
from moderation.lens import Layer, Lens, Verdict
from moderation.shown import is_withheld
from pod.actions.access import Reader
from pod.actions.reading.group.page_facts import GroupSummary, load_summary
from pod.actions.reading.group.profiles import load_writers
from pod.actions.reading.lens.verdicts import Author, Layers, Sums, load_layers
from pod.actions.reading.post.text_parts import Choose, Portion, all_of
from pod.budgets.heavy import computed
from pod.deps import Deps
from pod.outlines import Outline
from pod.rules.posts import PostRule
from protocol.content import Sheet, Text, Writer, assemble
from protocol.ids import RecordId
from protocol.records.content import Address, Paragraph, ParagraphTarget, PostTarget, SubjectTarget, Token
from protocol.visibility import Combine, Judged, see

# Only the first edits in the log count, the same ones on all pods; a page says if there are more.
MOST_SHEETS = 10_000
MOST_NAMED = 4096
MOST_TOKENS = 16_384  # about 8 MiB
# Anybody can found a group that reposts a post and edit it there. So the number of such edits is bounded; those of the
# lens's groups come first.
MOST_EDITS_ELSEWHERE = 100


class VisibleParagraph(msgspec.Struct, frozen=True):
    """A paragraph as the reader sees it. `text`: None if erased or withheld; `layers`: those that hide it."""

    judged: Judged
    writer: Author
    style: str
    text: str | None
    layers: tuple[Layer, ...]

    @property
    def address(self) -> Address:
        """The paragraph's address."""
        return self.judged.address

    @property
    def shown(self) -> bool:
        """Whether no layer hides it."""
        return not self.layers


class VisiblePost(msgspec.Struct, frozen=True):
    """A post in a lens. `own_sums`: in the post's own group, without its default score.

    `text` and `card` lack the words of what this pod withholds: the whole post (`withheld`), paragraphs (`silent`), or
    the public name that the post answers (`nameless`).

    `portion`: the part that is read; `text` has also the paragraphs that are judged with it. `elsewhere`: nickname and
    group name of writers who edited it in other groups; `more`: some edits, of this or other groups, weren't read.
    """

    summary: GroupSummary
    card: PostCard
    text: Text
    lens: Lens
    all_judged: tuple[Judged, ...]
    layers: Layers
    verdict: Verdict
    own_sums: Sums
    tokens: Mapping[Address, Token]
    withheld: bool
    silent: frozenset[Address]
    nameless: bool
    elsewhere: Mapping[Author, tuple[str, str]] = {}
    more: bool = False
    portion: Portion = Portion(())

    @property
    def own_judged(self) -> tuple[Judged, ...]:
        """The paragraphs of the part that is read, without those that are only judged with them."""
        return self.all_judged[: len(self.portion.own)]

    @property
    def paragraphs(self) -> tuple[VisibleParagraph, ...]:
        """All paragraphs in reading order, also hidden ones."""
        return tuple(self.paragraph(judged) for judged in self.all_judged)

    def paragraph(self, judged: Judged) -> VisibleParagraph:
        """One paragraph as the reader sees it."""
        found = self.text.paragraph(judged.address)
        writer = writer_of(self.text.sheets[judged.address.record])
        style = found.style if found else "text"
        return VisibleParagraph(judged, writer, style, self.words(judged.address), self.hiding(judged))

    @property
    def score(self) -> int:
        """The post's score in its group, micro units."""
        return self.summary.default_score + self.card.tally.sum_micro

    @property
    def lens_score(self) -> int:
        """The post's score in the lens; without a lens, in its group."""
        return lens_score(self.lens, [verdict.score for verdict in self.verdict.groups], self.score)

    def score_of(self, judged: Judged) -> int:
        """A paragraph's score in the lens; without a lens, in the post's group."""
        return lens_score(self.lens, judged.scores, self.own_sums[self.tokens[judged.address]])

    def words(self, address: Address) -> str | None:
        """A paragraph's text; None if it was erased, or if this pod withholds it from the reader."""
        paragraph = self.text.paragraph(address)
        return None if paragraph is None or address in self.silent else paragraph.text

    def hiding(self, judged: Judged) -> tuple[Layer, ...]:
        """The layers that hide a paragraph; the layer over which the reader has least control comes first."""
        writer = writer_of(self.text.sheets[judged.address.record])
        return self.layers.over(self.lens, judged, self.tokens[judged.address], writer)


async def load_reading(
    session: AsyncSession,
    deps: Deps,
    reader: Reader,
    group: RecordId,
    post: RecordId,
    lens: Lens,
    *,
    choose: Choose | None = None,
) -> VisiblePost:
    """A post of the group in a lens, whole or a part of it; raises UnknownGroupError or NotFoundError."""
    summary = await load_summary(session, deps, reader, group)
    edits = await _load_edits(session, reader, group, post, lens)
    card, text, portion, cut = await _load_part(session, deps, group, post, edits[:MOST_EDITS_ELSEWHERE], choose)
    tokens, writers = _tokens_of(text), {writer_of(sheet) for sheet in text.sheets.values()}
    subject = SubjectTarget(card.subject).token if card.subject else None
    asked = [PostTarget(post).token, *([subject] if subject else []), *tokens.values()]
    whole = await load_layers(session, deps, reader, list(dict.fromkeys((*lens.groups, group))), asked, writers)
    layers = replace(whole, lens={judge: whole.lens[judge] for judge in lens.groups})
    verdict = layers.judge(lens, PostTarget(post).token, (group, card.author))
    withheld = is_withheld({hide.layer for hide in verdict.hides}, mine=summary.member == card.author)
    silent = _silent(text, tokens, layers, _member_of(summary), withheld=withheld)
    nameless = subject is not None and summary.member != card.author and layers.withholds(subject)
    return VisiblePost(
        summary,
        without_words(card) if withheld else replace(card, subject=None) if nameless else card,
        _without(text, silent),
        lens,
        await computed(len(text.order), see, text, _standings(lens, layers, tokens), lens.combine),
        layers,
        verdict,
        whole.lens[group],
        tokens,
        withheld,
        silent,
        nameless,
        await _load_editors(session, deps, {writer for writer in writers if writer[0] != group}),
        cut or len(edits) > MOST_EDITS_ELSEWHERE,
        portion,
    )


def _tokens_of(text: Text) -> dict[Address, Token]:
    return {address: _token_of(address) for address in (*text.order, *text.waiting)}


@lru_cache(MOST_TOKENS)
def _token_of(address: Address) -> Token:
    return ParagraphTarget(address).token


def _standings(lens: Lens, layers: Layers, tokens: Mapping[Address, Token]) -> list[dict[Address, int]]:
    """The scores of the paragraphs in each group of the lens, where there are votes."""
    each = [layers.lens[group] for group in lens.groups]
    return [{address: sums[token] for address, token in tokens.items() if token in sums} for sums in each]


def _member_of(summary: GroupSummary) -> Author | None:
    return (summary.group, summary.member) if summary.member is not None else None


async def _load_part(
    session: AsyncSession,
    deps: Deps,
    group: RecordId,
    post: RecordId,
    edits: Sequence[Sheet],
    choose: Choose | None,
) -> tuple[PostCard, Text, Portion, bool]:
    """The text or a part of it, with its words, and whether there are more edits; raises NotFoundError."""
    if choose is None:
        card, text, cut = await load_text(session, group, post, edits)
        return card, *all_of(text), cut
    card, outline = await load_outline(session, deps, group, post, edits)
    text, portion = choose(outline.text)
    return card, replace(text, sheets=await load_sheets_named(session, text.sheets)), portion, outline.cut


async def _load_edits(
    session: AsyncSession, reader: Reader, group: RecordId, post: RecordId, lens: Lens
) -> list[Sheet]:
    """The edits from groups that repost the post; one more than count tells that there are more."""
    account = reader.id if reader else None
    return await list_edits_elsewhere(session, group, post, account, lens.groups, MOST_EDITS_ELSEWHERE + 1)


async def _load_editors(
    session: AsyncSession, deps: Deps, writers: Collection[Author]
) -> dict[Author, tuple[str, str]]:
    if not writers:
        return {}
    nicknames = await load_writers(session, deps, writers)
    names = await load_group_names(session, {group for group, _ in writers})
    return {writer: (nicknames.get(writer, ""), names.get(writer[0], "")) for writer in writers}


def without_words(card: PostCard) -> PostCard:
    """The card of a post that this pod withholds: it tells only that the post exists."""
    return replace(card, title="", subject=None, attachments=b"[]", imported=None)


def _silent(
    text: Text, tokens: Mapping[Address, Token], layers: Layers, mine: Author | None, *, withheld: bool
) -> frozenset[Address]:
    """The paragraphs whose words this pod withholds, except from their writer; all, if it withholds the post."""
    if not withheld and not layers.floor:
        return frozenset()

    def is_silent(address: Address, token: Token) -> bool:
        hides = [Layer.POD] if any(sums[token] < 0 for sums in layers.floor.values()) else []
        return withheld or is_withheld(hides, mine=mine == writer_of(text.sheets[address.record]))

    return frozenset(address for address, token in tokens.items() if is_silent(address, token))


def _without(text: Text, silent: frozenset[Address]) -> Text:
    """The text, with empty paragraphs at these addresses."""
    if not silent:
        return text
    sheets = {
        sheet.id: replace(
            sheet,
            paragraphs=tuple(
                Paragraph(found.style, "") if found and Address(sheet.id, index) in silent else found
                for index, found in enumerate(sheet.paragraphs)
            ),
        )
        for sheet in text.sheets.values()
    }
    return replace(text, sheets=sheets)


async def load_outline(
    session: AsyncSession, deps: Deps, group: RecordId, post: RecordId, edits: Sequence[Sheet] = ()
) -> tuple[PostCard, Outline]:
    """A post of the group, and its text without words, which stays in memory while the group doesn't change."""
    card = await load_post(session, group, post)
    if card is None or card.group_id != group:
        raise PostRule.NO_POST_IN_GROUP.error()
    stamp = await load_text_stamp(session, group)
    key = group, post, MOST_SHEETS, tuple((sheet.id, sheet.erased) for sheet in edits)
    if (held := deps.store.outlines.get(key, stamp)) is not None:
        return card, held
    sheets = await load_blank_sheets(session, group, post, MOST_SHEETS + 1)
    text = await _assembled(post, [*sheets[:MOST_SHEETS], *map(blank, edits)])
    return card, deps.store.outlines.keep(key, stamp, Outline(text, cut=len(sheets) > MOST_SHEETS))


async def _assembled(post: RecordId, sheets: Sequence[Sheet]) -> Text:
    own = next((sheet for sheet in sheets if sheet.id == post), None)
    if own is None:
        raise PostRule.NO_POST_IN_GROUP.error()
    return await computed(sum(len(sheet.afters) for sheet in sheets), assemble, own, sheets)


async def load_text(
    session: AsyncSession, group: RecordId, post: RecordId, edits: Sequence[Sheet] = ()
) -> tuple[PostCard, Text, bool]:
    """A post of the group, its text before any lens with `edits` of other groups, and whether edits were left out.

    Raises NotFoundError.
    """
    card = await load_post(session, group, post)
    if card is None or card.group_id != group:
        raise PostRule.NO_POST_IN_GROUP.error()
    sheets = await load_sheets(session, group, post, MOST_SHEETS + 1)
    return card, await _assembled(post, [*sheets[:MOST_SHEETS], *edits]), len(sheets) > MOST_SHEETS


async def describe_reading(deps: Deps, reader: Reader, group: RecordId, post: RecordId) -> VisiblePost:
    """A post in its own group's lens, in its own session; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        return await load_reading(session, deps, reader, group, post, Lens((group,)))


def lens_score(lens: Lens, scores: Sequence[int], own: int) -> int:
    """The score that decides in a lens: the groups' highest (any) or lowest (all); `own` without a lens."""
    if lens.off:
        return own
    return max(scores) if lens.combine is Combine.ANY else min(scores)


def in_order(text: Text, stored: Mapping[RecordId, StoredRecord]) -> list[Sheet]:
    """The stored sheets in the log's order: the post's own, others of its group, then those of each other group."""

    def order(sheet: Sheet) -> tuple[bool, bool, RecordId, int, RecordId]:
        record, group = stored[sheet.id], writer_of(sheet)[0]
        own = group == writer_of(text.sheets[text.post])[0]
        return sheet.id != text.post, not own, group, stored_place(record.log_index, record.at), sheet.id

    return sorted((sheet for sheet in text.sheets.values() if sheet.id in stored), key=order)


def writer_of(sheet: Sheet) -> Author:
    """The group and number of the member who wrote a sheet."""
    return _author_named(sheet.writer)


@lru_cache(MOST_NAMED)
def _author_named(writer: Writer) -> Author:
    group, _, number = writer.rpartition("/")
    return RecordId(group), int(number) if number.isdecimal() else 0


def author_of(sheet: Sheet) -> int:
    """The number of the member who wrote a sheet; 0 for a guest."""
    return _author_named(sheet.writer)[1]
