"""What the templates get: one frozen view a page, with every word and number ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from moderation.explain import paragraph_sentence, signed
from moderation.lens import Layer
from pod.actions.reading.groups import GroupSight
from pod.actions.reading.posts import ParagraphSight, PostSight
from pod.actions.reading.votes import Explained
from protocol.visibility import Reason

TAGS = {f"heading-{level}": f"h{min(level + 1, 6)}" for level in range(1, 7)} | {"quote": "blockquote", "code": "pre"}
LAYERS = {Layer.LENS: "", Layer.OWN: "you hid it", Layer.POD: "this pod doesn't show it"}
SHORT = 12
Names = Mapping[int, str]


class Link(msgspec.Struct, frozen=True):
    """A text that leads somewhere."""

    text: str
    href: str


class Score(msgspec.Struct, frozen=True):
    """A score as people read it; `tone` (up, down, even) colours it."""

    text: str
    tone: str


class ParagraphView(msgspec.Struct, frozen=True):
    """A paragraph; `tag` is one of a fixed few. `why` is the reason, `byline` names another author than the post's."""

    anchor: str
    tag: str
    style: str
    text: str
    shown: bool
    why: str
    byline: str
    score: str


class PostView(msgspec.Struct, frozen=True):
    """The page of a post. `language` is empty when its author didn't say."""

    title: str
    language: str
    group: Link
    byline: str
    score: Score
    notice: str
    paragraphs: tuple[ParagraphView, ...]
    lines: tuple[str, ...]
    alternate: str


def post_view(group: GroupSight, post: PostSight, explained: Explained, names: Names) -> PostView:
    """A post's page in the group's own lens."""
    author = names[post.author]
    return PostView(
        title=post.title or f"A note by {author}",
        language=post.language,
        group=Link(group.name, f"/g/{group.group}"),
        byline=f"{author} · {moment(post.at)}",
        score=score_of(post.score),
        notice="" if post.shown else "This group hides this post: its score isn't above 0.",
        paragraphs=tuple(_paragraph(post, paragraph, names) for paragraph in post.paragraphs),
        lines=(*(line.sentence for line in explained.lines), explained.sentence),
        alternate=f"/groups/{group.group}",
    )


def moment(at_ms: int) -> str:
    """A point in time in UTC, to the minute; empty for one beyond the calendar."""
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return ""


def score_of(score_micro: int) -> Score:
    """A score with its tone."""
    return Score(signed(score_micro, 6), "up" if score_micro > 0 else "down" if score_micro < 0 else "even")


def _paragraph(post: PostSight, paragraph: ParagraphSight, names: Names) -> ParagraphView:
    layers = [LAYERS[layer] for layer in paragraph.layers if LAYERS[layer]]
    return ParagraphView(
        anchor=f"p-{paragraph.record[-SHORT:]}-{paragraph.index}",
        tag=TAGS.get(paragraph.style, "p"),
        style=paragraph.style,
        text=paragraph.text,
        shown=paragraph.shown,
        why="; ".join([paragraph_sentence(Reason(paragraph.reason)), *layers]),
        byline="" if paragraph.author == post.author else names[paragraph.author],
        score=signed(paragraph.score, 6),
    )
