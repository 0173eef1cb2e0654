"""A post's text in a lens, with all that judges it: what lists, pages, explanations and the API are told from."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content import PostCard, load_post, load_sheets
from moderation.lens import Layer, Lens, Showing, Verdict
from pod.actions.reading.access import Reader, load_readable
from pod.actions.reading.heads import GroupHead, load_head
from pod.actions.reading.lenses import Layers, Sums, load_layers
from pod.deps import Deps
from pod.errors import NotFoundError
from protocol.content import Sheet, Text, assemble
from protocol.ids import RecordId
from protocol.records.content import Address, ParagraphTarget, PostTarget, Token
from protocol.visibility import Reason, Sight, see

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
        raise NotFoundError("There is no such post in this group.")
    return card, assemble(own, sheets)


async def describe_text(deps: Deps, reader: Reader, group: RecordId, post: RecordId) -> tuple[PostCard, Text]:
    """The same for a reader, with a session of its own; raises UnknownGroupError or NotFoundError."""
    async with deps.database.read() as session:
        await load_readable(session, deps, reader, group)
        return await load_text(session, group, post)


def lets_through(lens: Lens, sight: Sight) -> bool:
    """Whether the lens lets a paragraph be seen, with what it lets through beyond the rule."""
    if sight.shown or sight.reason is Reason.ERASED:
        return sight.shown
    return lens.showing is Showing.EVERYTHING or (lens.showing is Showing.UNDECIDED and sight.reason in UNDECIDED)


def author_of(sheet: Sheet) -> int:
    """The number of the member who wrote a sheet; 0 for a guest."""
    number = sheet.writer.rpartition("/")[2]
    return int(number) if number.isdecimal() else 0
