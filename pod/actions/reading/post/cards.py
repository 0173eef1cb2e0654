"""Posts in lists as one reader sees them: a card has the words that are shown in the lens of its list, and no others.

The card of a post that this pod withholds says only that it exists. A post with very many edits has a title and no
beginning: what a list costs doesn't grow with the edits that somebody makes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.home_feed import FeedCard
from models.content.lens_sources import load_sums
from models.content.posts_and_votes import PostCard
from models.content.replies import load_few_sheets
from models.people.mutes import load_muted
from moderation.clusters import beginning
from moderation.home_lens import Judge, shows_paragraph
from moderation.lens import Layer, Lens, OwnHide
from moderation.shown import is_withheld, layers_over
from pod.actions.access import Reader
from pod.actions.reading.lens.floor import load_floor
from pod.actions.reading.lens.verdicts import Author
from pod.actions.reading.post.text import writer_of
from pod.deps import Deps
from protocol.content import Sheet, Text, assemble
from protocol.ids import RecordId
from protocol.records.content import Address, Imported, ParagraphTarget, Token
from protocol.visibility import Combine, see

ENOUGH: Final = 3  # read so many times the length, because a part may be hidden
EXCERPT_LENGTH: Final = 240
SHORT_BYTES: Final = 8192  # of a text that is kept in memory
MOST_HELD: Final = 512


class VisibleCard(msgspec.Struct, frozen=True):
    """A post in a list. `layer`: the layer that hides it; a post that the pod withholds (`pod`) has no words.

    `title` and `excerpt`: the part of its words that is shown. `score` (micro): in its own group, or in `via`, which
    reposts it. `reply`: it answers something.
    """

    post: RecordId
    group: RecordId
    author: int
    kind: str
    title: str
    excerpt: str
    language: str
    at: int
    score: int
    layer: Layer | None
    erased: bool
    reply: bool
    group_name: str
    nickname: str
    via: RecordId | None = None
    imported: bool = False


def visible_card(card: FeedCard, score: int, layer: Layer | None, excerpt: str, nickname: str = "") -> VisibleCard:
    """The card of a post that the reader sees, or that `layer` hides. `nickname`: the writer's."""
    told = layer is not Layer.POD
    origin = origin_of(card)
    return VisibleCard(
        card.id,
        card.group_id,
        card.author,
        card.kind,
        card.title if told else "",
        excerpt_of(origin, excerpt) if told else "",
        card.language,
        card.at,
        score,
        layer,
        card.erased,
        card.reply_record is not None,
        card.group_name,
        nickname,
        card.via,
        origin is not None,
    )


def origin_of(card: FeedCard | PostCard) -> Imported | None:
    """Where an imported post was published before."""
    return msgspec.json.decode(card.imported, type=Imported) if card.imported else None


def excerpt_of(origin: Imported | None, excerpt: str) -> str:
    """What a list shows of a post's text: nothing if its author set a warning before it, else its beginning."""
    return "" if origin is not None and origin.warning else excerpt


class Moderators(msgspec.Struct, frozen=True):
    """The groups that moderate a reader's home beside each post's own group; default scores in micro units."""

    defaults: Mapping[RecordId, int] = {}
    combine: Combine = Combine.ANY


NOBODY: Final = Moderators()


class VisibleWords(msgspec.Struct, frozen=True):
    """A paragraph's words; `folded`: the lens or the reader hides it, so it is shown only on request."""

    text: str
    folded: bool


class Bounds(msgspec.Struct, frozen=True):
    """Limits: a post with more sheets or paragraphs is left out. `letters`: how much of its beginning is read."""

    sheets: int = 64
    paragraphs: int = 500
    letters: int | None = None


class _Sums(msgspec.Struct, frozen=True):
    """The layers' sums for the paragraphs of several posts; `own` and `muted` are the reader's."""

    sums: Mapping[tuple[RecordId, Token], int]
    floor: Collection[RecordId]
    own: RecordId | None
    muted: frozenset[Author]
    moderators: Moderators = NOBODY

    def of(self, group: RecordId, token: Token) -> int:
        return self.sums.get((group, token), 0)

    def own_hides(self, token: Token, writer: Author) -> list[OwnHide]:
        hides = [OwnHide.HIDDEN_THING] if self.own is not None and self.of(self.own, token) < 0 else []
        return [*hides, OwnHide.MUTED_WRITER] if writer in self.muted else hides

    def moderated(self, token: Token) -> bool:
        """Whether the reader's moderators hide a paragraph."""
        judges = [Judge(default, self.of(group, token)) for group, default in self.moderators.defaults.items()]
        return not shows_paragraph(judges, self.moderators.combine)


async def load_excerpts(
    session: AsyncSession,
    deps: Deps,
    reader: Reader,
    lenses: Mapping[RecordId, Lens],
    length: int = EXCERPT_LENGTH,
    *,
    everybody: bool = False,
    moderators: Moderators = NOBODY,
) -> dict[RecordId, str]:
    """The beginnings of the posts' shown words, each in the lens under its id; see `load_words`."""
    bounds = Bounds(letters=ENOUGH * length)
    found = await load_words(session, deps, reader, lenses, bounds, everybody=everybody, moderators=moderators)
    shown = {post: [said.text for said in words.values() if not said.folded] for post, words in found.items()}
    return {post: beginning("\n".join(texts), length) for post, texts in shown.items() if texts}


async def load_words(
    session: AsyncSession,
    deps: Deps,
    reader: Reader,
    lenses: Mapping[RecordId, Lens],
    bounds: Bounds,
    *,
    everybody: bool = False,
    moderators: Moderators = NOBODY,
) -> dict[RecordId, dict[Address, VisibleWords]]:
    """The posts' paragraphs, each in the lens under its id, without those that this pod withholds.

    The caller has checked that the reader may read the groups of the posts, lenses and moderators. `everybody`: leave
    the reader's own hides out.
    """
    stored = await load_few_sheets(session, lenses, bounds.sheets)
    texts = {post: text for post, sheets in stored.items() if (text := _text(post, tuple(sheets)))}
    looked = {
        post: _tokens(text, bounds.letters) for post, text in texts.items() if len(text.order) <= bounds.paragraphs
    }
    writers = {writer_of(sheet) for text in texts.values() for sheet in text.sheets.values()}
    asked = [token for tokens in looked.values() for token in tokens.values()]
    groups = {group for lens in lenses.values() for group in lens.groups} | moderators.defaults.keys()
    sums = await _load_sums(session, deps, None if everybody else reader, groups, asked, writers)
    sums = msgspec.structs.replace(sums, moderators=moderators)
    return {post: _words(texts[post], lenses[post], tokens, sums) for post, tokens in looked.items()}


def _text(post: RecordId, sheets: tuple[bytes, ...]) -> Text | None:
    return (_held if sum(map(len, sheets)) <= SHORT_BYTES else _assembled)(post, sheets)


def _assembled(post: RecordId, stored: tuple[bytes, ...]) -> Text | None:
    """The text that stored sheets make; None if the post's own sheet is missing."""
    sheets = [msgspec.json.decode(sheet, type=Sheet) for sheet in stored]
    own = next((sheet for sheet in sheets if sheet.id == post), None)
    return assemble(own, sheets) if own else None


# Lists show the same posts again and again. The key is the bytes of the sheets, so a kept text is never outdated.
_held = lru_cache(MOST_HELD)(_assembled)


@lru_cache(8 * MOST_HELD)
def _token(address: Address) -> Token:
    return ParagraphTarget(address).token


def _tokens(text: Text, most: int | None) -> dict[Address, Token]:
    """The paragraphs to judge: of a post without edits only the first ones, because each is judged alone."""
    found: dict[Address, Token] = {}
    letters = 0
    for address in text.order:
        if most is not None and letters >= most and len(text.sheets) == 1:
            break
        paragraph = text.paragraph(address)
        letters += len(paragraph.text) if paragraph else 0
        found[address] = _token(address)
    return found


async def _load_sums(
    session: AsyncSession,
    deps: Deps,
    hider: Reader,
    groups: Collection[RecordId],
    asked: Collection[Token],
    writers: Collection[Author],
) -> _Sums:
    floor = await load_floor(session, deps)
    own = hider.personal_group if hider else None
    return _Sums(
        await load_sums(session, {*groups, *floor, *([own] if own else [])}, list(asked)),
        tuple(floor),
        own,
        await load_muted(session, hider.id, writers) if hider else frozenset(),
    )


def _words(text: Text, lens: Lens, tokens: Mapping[Address, Token], sums: _Sums) -> dict[Address, VisibleWords]:
    standings = [{address: sums.of(group, token) for address, token in tokens.items()} for group in lens.groups]
    found: dict[Address, VisibleWords] = {}
    for judged in see(text, standings, lens.combine):
        token, paragraph = tokens.get(judged.address), text.paragraph(judged.address)
        if token is None or paragraph is None:
            continue
        floor = [sums.of(group, token) for group in sums.floor]
        own = sums.own_hides(token, writer_of(text.sheets[judged.address.record]))
        layers = layers_over(lens, judged, floor=floor, own=own)
        if not is_withheld(layers, mine=False):
            found[judged.address] = VisibleWords(paragraph.text, bool(layers) or sums.moderated(token))
    return found
