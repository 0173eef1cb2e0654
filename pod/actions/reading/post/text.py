"""A post's text in a lens, with all that judges it: what lists, pages, explanations and the API are told from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import PostCard, load_post, load_sheets
from moderation.lens import Layer, Lens, Showing, Verdict
from pod.actions.access import Reader
from pod.actions.reading.group.page_facts import GroupHead, load_head
from pod.actions.reading.lens.verdicts import Layers, Sums, load_layers
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.content import Sheet, Text, assemble
from protocol.ids import RecordId
from protocol.records.content import Address, ParagraphTarget, PostTarget, Token
from protocol.visibility import Combine, Reason, Sight, see

MOST_SHEETS = 10_000
UNDECIDED = frozenset({Reason.BY_ANOTHER, Reason.MARKED_AWAY})


class Reading(msgspec.Struct, frozen=True):
    """A post in a lens. `own_sums` are the post's own group's, without its default."""

    head: GroupHead
    card: PostCard
    text: Text
    lens: Lens
    sights: tuple[Sight, ...]
    layers: Layers
    verdict: Verdict
    own_sums: Sums
    tokens: Mapping[Address, Token]

    @property
    def score(self) -> int:
        """The post's score in its group, micro units."""
        return self.head.default_score + self.card.tally.sum_micro

    @property
    def lens_score(self) -> int:
        """The post's score as the lens counts it; without a lens, its group's."""
        return lens_score(self.lens, [verdict.score for verdict in self.verdict.groups], self.score)

    def score_of(self, sight: Sight) -> int:
        """A paragraph's score as the lens counts it; without a lens, the group's."""
        return lens_score(self.lens, sight.scores, self.own_sums[self.tokens[sight.address]])

    @property
    def withheld(self) -> bool:
        """Whether this pod doesn't show the post at all; who wrote it reads it all the same."""
        floored = any(hide.layer is Layer.POD for hide in self.verdict.hides)
        return floored and self.head.member != self.card.author

    def words(self, address: Address) -> str | None:
        """A paragraph's text; None where it was erased, or where this pod doesn't show it to who didn't write it."""
        paragraph, token = self.text.paragraph(address), self.tokens.get(address)
        if paragraph is None or self.withheld:
            return None
        floored = any(sums.get(token, 0) < 0 for sums in self.layers.floor.values()) if token else False
        return None if floored and self.head.member != author_of(self.text.sheets[address.record]) else paragraph.text

    def hiding(self, sight: Sight) -> tuple[Layer, ...]:
        """Which layers hide a paragraph, the one that the reader can change least first."""
        token, author = self.tokens[sight.address], author_of(self.text.sheets[sight.address.record])
        hides = [Layer.POD] if any(sums[token] < 0 for sums in self.layers.floor.values()) else []
        hides += [Layer.OWN] if self.layers.own_hides(token, (self.head.group, author)) else []
        return (*hides, *(() if lets_through(self.lens, sight) else (Layer.LENS,)))


async def load_reading(
    session: AsyncSession, deps: Deps, reader: Reader, group: RecordId, post: RecordId, lens: Lens
) -> Reading:
    """A post of the group in a lens; raises UnknownGroupError or NotFoundError."""
    head = await load_head(session, deps, reader, group)
    card, text = await load_text(session, group, post)
    tokens = {address: ParagraphTarget(address).token for address in text.order}
    asked = [PostTarget(post).token, *tokens.values()]
    writers = {(group, author_of(sheet)) for sheet in text.sheets.values()}
    layers = await load_layers(session, deps, reader, lens.groups, asked, writers)
    own = layers.lens.get(group) or (await load_layers(session, deps, reader, [group], asked)).lens[group]
    standings = [{address: layers.lens[g][token] for address, token in tokens.items()} for g in lens.groups]
    return Reading(
        head,
        card,
        text,
        lens,
        see(text, standings, lens.combine),
        layers,
        layers.judge(lens, PostTarget(post).token, (group, card.author)),
        own,
        tokens,
    )


async def load_text(session: AsyncSession, group: RecordId, post: RecordId) -> tuple[PostCard, Text]:
    """A post of the group with its text before any lens; raises NotFoundError."""
    card = await load_post(session, group, post)
    sheets = await load_sheets(session, group, post, MOST_SHEETS) if card and card.group_id == group else []
    own = next((sheet for sheet in sheets if sheet.id == post), None)
    if card is None or own is None:
        raise PostRule.NO_POST_IN_GROUP.error()
    return card, assemble(own, sheets)


async def describe_reading(deps: Deps, reader: Reader, group: RecordId, post: RecordId) -> Reading:
    """A post in its own group's lens, with a session of its own; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        return await load_reading(session, deps, reader, group, post, Lens((group,)))


def lens_score(lens: Lens, scores: Sequence[int], own: int) -> int:
    """Of the scores in the groups of a lens the one that decides: the highest (any) or the lowest (all)."""
    if lens.off:
        return own
    return max(scores) if lens.combine is Combine.ANY else min(scores)


def lets_through(lens: Lens, sight: Sight) -> bool:
    """Whether the lens lets a paragraph be seen, with what it lets through beyond the rule."""
    if sight.shown or sight.reason is Reason.ERASED:
        return sight.shown
    return lens.showing is Showing.EVERYTHING or (lens.showing is Showing.UNDECIDED and sight.reason in UNDECIDED)


def author_of(sheet: Sheet) -> int:
    """The number of the member who wrote a sheet; 0 for a guest."""
    number = sheet.writer.rpartition("/")[2]
    return int(number) if number.isdecimal() else 0
