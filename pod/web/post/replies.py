"""Answers and comments as pages show them: shown in the page's lens, or folded with the layer that hides them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from moderation.lens import Layer
from pod.actions.reading.post.reply_sights import ReplySight
from pod.translations import Translator
from pod.web.group.wording import member_name
from pod.web.post.links import Link, PostLinks, anchor_of, reply_anchor
from pod.web.post.wording import (
    TAGS,
    LayerView,
    Score,
    layer_sentence,
    layer_view,
    score_view,
    title_of,
)
from protocol.records.content import Address, Paragraph, PostTarget, Token


class Press(msgspec.Struct, frozen=True):
    """A button: `value` is what it does to what, `label` what a screen reader says, `pressed` its present state."""

    value: str
    text: str
    label: str
    pressed: bool = False


class PieceView(msgspec.Struct, frozen=True):
    """A paragraph that is only read."""

    tag: str
    style: str
    text: str


class ReplyView(msgspec.Struct, frozen=True):
    """An answer. `note` says why it is hidden, `layer` who hides it; `about` leads to the paragraph it is about."""

    anchor: str
    title: Link
    byline: str
    score: Score
    shown: bool
    note: str
    layer: LayerView | None
    withheld: bool
    paragraphs: tuple[PieceView, ...]
    hidden: str
    answers: Link
    votes: tuple[Press, ...]
    about: str


def vote_presses(say: Translator, target: str, what: str, mine: int) -> tuple[Press, ...]:
    """The two buttons of a vote; one that is pressed takes the vote back."""
    up, down = mine > 0, mine < 0
    return (
        Press(f"{'none' if up else 'up'}:{target}", "▲", say("Vote for %(what)s", what=what), up),
        Press(f"{'none' if down else 'down'}:{target}", "▼", say("Vote against %(what)s", what=what), down),
    )


def reply_views(
    say: Translator,
    links: PostLinks,
    replies: Sequence[ReplySight],
    votes: Mapping[Token, int],
    *,
    writes: bool,
) -> tuple[ReplyView, ...]:
    """Answers in their order."""
    return tuple(_reply(say, links, reply, votes, writes=writes) for reply in replies)


def _reply(
    say: Translator, links: PostLinks, reply: ReplySight, votes: Mapping[Token, int], *, writes: bool
) -> ReplyView:
    card = reply.card
    who = member_name(say, card.author, reply.nickname)
    writer = say("%(who)s in %(group)s", who=who, group=reply.group_name) if reply.group_name else who
    layer = reply.hides[0].layer if reply.hides else None
    own = msgspec.structs.replace(links, group=card.group_id, post=card.id, wiki=False)
    what = say("the answer by %(who)s", who=who)
    mine = votes.get(PostTarget(card.id).token, 0)
    count = say.many("%(count)s answer", "%(count)s answers", reply.answers) if reply.answers else say("Answer")
    return ReplyView(
        anchor=reply_anchor(card.id),
        title=Link(_title(say, reply, who), own.to()),
        byline=f"{writer} · {say.moment(card.at)}" if card.at else writer,
        score=score_view(say, reply.score),
        shown=reply.shown,
        note=layer_sentence(say, layer) if layer else "",
        layer=layer_view(say, layer) if layer else None,
        withheld=layer is Layer.POD,
        paragraphs=pieces_of(reply.paragraphs),
        hidden=say.many("%(count)s paragraph hidden", "%(count)s paragraphs hidden", reply.hidden)
        if reply.hidden
        else "",
        answers=Link(count, own.to(anchor="answers")),
        votes=vote_presses(say, card.id, what, mine) if writes else (),
        about=_about(links, reply),
    )


def _title(say: Translator, reply: ReplySight, who: str) -> str:
    card, floored = reply.card, bool(reply.hides) and reply.hides[0].layer is Layer.POD
    return title_of(say, card.title, who, erased=card.erased) if (card.title or card.erased) and not floored else ""


def pieces_of(paragraphs: Sequence[Paragraph]) -> tuple[PieceView, ...]:
    """Paragraphs that are only read."""
    return tuple(PieceView(TAGS.get(p.style, "p"), p.style, p.text) for p in paragraphs)


def _about(links: PostLinks, reply: ReplySight) -> str:
    record, index = reply.card.reply_record, reply.card.reply_index
    if record is None or index is None:
        return ""
    return links.here(anchor=anchor_of(Address(record, index)))
