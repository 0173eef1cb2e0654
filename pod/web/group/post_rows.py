"""How lists show a post: the same on the pages of groups and people, at home and in a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from moderation.clusters import beginning
from moderation.lens import Layer
from pod.actions.reading.group.post_list import GroupPosts
from pod.actions.reading.post.cards import VisibleCard
from pod.actions.reading.post.posts import PostLine
from pod.foreign_text import is_seen
from pod.translations import Translator
from pod.web.group.wording import member_name
from protocol.ids import RecordId

LONGEST_TITLE: Final = 90


class PostLineView(msgspec.Struct, frozen=True):
    """A post. `note`: why it is hidden, empty when shown; `origin`, `origin_href`: its group, where that isn't clear.

    `origin_said`: what stands before `origin`. `via`, `via_href`: the group that reposts it for a reader at home.
    """

    href: str
    title: str
    excerpt: str
    language: str
    byline: str
    at: str
    score: str
    tone: str
    note: str
    answers: str
    origin: str = ""
    origin_href: str = ""
    origin_said: str = ""
    via: str = ""
    via_href: str = ""


def tone_of(score: int) -> str:
    """up, down or even."""
    return "up" if score > 0 else "down" if score < 0 else "even"


def group_rows(say: Translator, group: RecordId, posts: GroupPosts) -> list[PostLineView]:
    """The rows of a group's page."""
    return [_group_row(say, group, line, posts) for line in posts.page.posts]


def _group_row(say: Translator, group: RecordId, line: PostLine, posts: GroupPosts) -> PostLineView:
    author = member_name(say, line.author, posts.nicknames.get((line.group, line.author), ""))
    title, excerpt = _titled(
        say,
        line.title,
        posts.excerpts.get(line.post, ""),
        author,
        erased=line.erased,
        layer=line.hides[0].layer if line.hides else None,
    )
    answers, elsewhere = posts.replies.get(line.post, 0), line.group != group
    return PostLineView(
        # What is reposted is read as the reposting group sees it.
        href=f"/g/{line.group}/posts/{line.post}" + (f"?lens={group}" if elsewhere else ""),
        title=title,
        excerpt=excerpt,
        language="",
        byline=_by(say, author, reply=line.reply_to is not None, imported=line.imported is not None),
        at=say.moment(line.at),
        score=say.score(line.score),
        tone=tone_of(line.score),
        note="" if line.shown else hidden_by(say, line.hides[0].layer if line.hides else Layer.LENS),
        answers=say.many("%(count)s reply", "%(count)s replies", answers) if answers else "",
        origin=posts.names.get(line.group, "") if elsewhere else "",
        origin_href=f"/g/{line.group}" if elsewhere else "",
        origin_said=say("reposted from"),
    )


def home_row(say: Translator, card: VisibleCard, names: Mapping[RecordId, str]) -> PostLineView:
    """A row of home, which names the post's group, and the one that reposts it."""
    author = member_name(say, card.author, card.nickname)
    title, excerpt = titled(say, card, author)
    return PostLineView(
        href=f"/g/{card.group}/posts/{card.post}" + (f"?lens={card.via}" if card.via else ""),
        title=title,
        excerpt=excerpt,
        language=card.language,
        byline=_by(say, author, reply=card.reply, imported=card.imported),
        at=say.moment(card.at),
        score=say.score(card.score),
        tone=tone_of(card.score),
        note=hidden_by(say, card.layer) if card.layer else "",
        answers="",
        origin=card.group_name,
        origin_href=f"/g/{card.group}",
        via=names.get(card.via, "") if card.via else "",
        via_href=f"/g/{card.via}" if card.via else "",
    )


def titled(say: Translator, card: VisibleCard, author: str) -> tuple[str, str]:
    """(title, how it goes on) of a post; a note is called by its first words."""
    return _titled(say, card.title, card.excerpt, author, erased=card.erased, layer=card.layer)


def _titled(
    say: Translator, title: str, words: str, author: str, *, erased: bool, layer: Layer | None
) -> tuple[str, str]:
    if erased:
        return say("An erased post"), ""
    if layer is Layer.POD:
        return say("A post that this server doesn't show"), ""
    if layer is not None and not title and not words:
        return say("A post that isn't shown here"), ""
    if is_seen(title):
        return title, cut(" ".join(words.split()), 2 * LONGEST_TITLE)
    first = " ".join(words.split())
    return (cut(first, LONGEST_TITLE) or say("A note by %(name)s", name=author)), ""


def hidden_by(say: Translator, layer: Layer) -> str:
    """Which of the three layers hides a thing, in words."""
    if layer is Layer.OWN:
        return say("hidden by yourself")
    return say("hidden by this pod") if layer is Layer.POD else say("hidden by the lens")


def _by(say: Translator, author: str, *, reply: bool, imported: bool) -> str:
    if imported:
        return say("imported by %(name)s", name=author)
    return say("reply by %(name)s", name=author) if reply else author


def cut(text: str, length: int) -> str:
    """The text, ended between two words if it is longer."""
    if len(text) <= length:
        return text
    return beginning(text, length).rsplit(" ", 1)[0].rstrip(" ,;:–-") + " …"


def written_row(say: Translator, card: VisibleCard, name: str) -> PostLineView:
    """A post among those of one writer, whose `name` it is; judged by its own group."""
    title, excerpt = titled(say, card, name)
    return PostLineView(
        href=f"/g/{card.group}/posts/{card.post}",
        title=title,
        excerpt=excerpt,
        language=card.language,
        byline=say("reply") if card.reply else name,
        at=say.moment(card.at),
        score=say.score(card.score),
        tone=tone_of(card.score),
        note=hidden_by(say, card.layer) if card.layer else "",
        answers="",
    )
