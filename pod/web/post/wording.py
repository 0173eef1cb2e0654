"""What pages of posts call things: people, scores, reasons and layers, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from markupsafe import Markup

from moderation.diffs import Change, Piece
from moderation.lens import Layer
from pod.actions.reading.post.text import VisiblePost, writer_of
from pod.foreign_text import is_seen
from pod.translations import Translator
from pod.web.group.wording import member_name
from protocol.content import Sheet
from protocol.visibility import Reason

Nicknames = Mapping[int, str]
TAGS: Final = {f"heading-{level}": f"h{min(level + 1, 6)}" for level in range(1, 7)} | {
    "quote": "blockquote",
    "code": "pre",
}
STYLES: Final = ("text", *(f"heading-{level}" for level in range(1, 7)), "quote", "code", "list-item", "image")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")
_TAG_OF = {Change.SAME: Markup("{}"), Change.GONE: Markup("<del>{}</del>"), Change.NEW: Markup("<ins>{}</ins>")}


class Score(msgspec.Struct, frozen=True):
    """A score as people read it; `tone` (up, down, even) colours it."""

    text: str
    tone: str


class LayerView(msgspec.Struct, frozen=True):
    """Who hides: `kind` is lens, own or pod."""

    kind: str
    name: str


def score_view(say: Translator, score_micro: int) -> Score:
    """A score with its tone."""
    return Score(say.score(score_micro), "up" if score_micro > 0 else "down" if score_micro < 0 else "even")


def called(say: Translator, number: int, nicknames: Nicknames) -> str:
    """A member by nickname and number, which alone is unique; number 0 is a guest."""
    return member_name(say, number, nicknames.get(number, ""))


def title_of(say: Translator, title: str, who: str, *, erased: bool) -> str:
    """What a post is called; a note has no title."""
    if erased:
        return say("An erased post")
    return title if is_seen(title) else say("A note by %(who)s", who=who)


def writer_name(say: Translator, reading: VisiblePost, sheet: Sheet, nicknames: Nicknames) -> str:
    """The writer of a part of the text; of an edit in another group, that group is named, too."""
    writer = writer_of(sheet)
    if writer not in reading.elsewhere:
        return called(say, writer[1], nicknames)
    nickname, group = reading.elsewhere[writer]
    return say("%(who)s in %(group)s", who=member_name(say, writer[1], nickname), group=group)


def post_title(say: Translator, reading: VisiblePost, nicknames: Nicknames) -> str:
    """What the post that is read is called, unless this pod doesn't show it."""
    card = reading.card
    if reading.withheld:
        return say("A post that this server doesn't show")
    return title_of(say, card.title, called(say, card.author, nicknames), erased=card.erased)


def language_of(language: str) -> str:
    """The language that an author names, if it can be one."""
    return language if _LANGUAGE.fullmatch(language) else ""


def style_name(say: Translator, style: str) -> str:
    """How a style is called."""
    if style.startswith("heading-"):
        return say("heading %(level)s", level=style.removeprefix("heading-"))
    names = {
        "text": say("text"),
        "quote": say("quote"),
        "code": say("code"),
        "list-item": say("list item"),
        "image": say("image"),
    }
    return names.get(style, style)


def reason_sentence(say: Translator, reason: Reason) -> str:
    """Why a paragraph is shown or hidden in a lens."""
    match reason:
        case Reason.SUPPORTED:
            return say("score above 0")
        case Reason.BY_WRITER:
            return say("by the post's author, score 0")
        case Reason.REJECTED:
            return say("score below 0")
        case Reason.BY_ANOTHER:
            return say("by another author, score 0")
        case Reason.MARKED_AWAY:
            return say("marked away by the post's author, score 0")
        case Reason.OUTRANKED:
            return say("another version has the better score")
        case Reason.ERASED:
            return say("erased by its author")


def layer_view(say: Translator, layer: Layer) -> LayerView:
    """The name of a layer; each has a look of its own."""
    names = {Layer.LENS: say("Your lens"), Layer.OWN: say("You"), Layer.POD: say("This pod")}
    return LayerView(str(layer), names[layer])


def layer_sentence(say: Translator, layer: Layer) -> str:
    """What a layer does."""
    return {
        Layer.LENS: say("hidden in this lens"),
        Layer.OWN: say("hidden by you"),
        Layer.POD: say("not shown on this pod"),
    }[layer]


def marked(pieces: Iterable[Piece], *, without: Change | None = None) -> Markup:
    """A diff with `<ins>` and `<del>`; `without` leaves one side out."""
    return Markup("").join(_TAG_OF[piece.change].format(piece.text) for piece in pieces if piece.change is not without)
