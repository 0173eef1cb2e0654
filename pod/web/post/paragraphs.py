"""How a post's page shows its text: paragraphs shown or folded with who hides them, and other versions beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count, groupby
from typing import Final

import msgspec
from markupsafe import Markup

from moderation.diffs import diff_words
from moderation.lens import Layer
from pod.actions.reading.lens.verdicts import Author
from pod.actions.reading.post.slices import MOST_VERSIONS, slice_from
from pod.actions.reading.post.story import Story
from pod.actions.reading.post.text import writer_of
from pod.translations import Translator
from pod.web.kit.fragments import FRAGMENTS
from pod.web.post.links import Link, PostLinks, anchor_of, named, sign_in_to
from pod.web.post.replies import Press, ReplyView, reply_views, vote_presses
from pod.web.post.wording import (
    TAGS,
    LayerView,
    Score,
    layer_sentence,
    layer_view,
    marked,
    reason_sentence,
    score_view,
    writer_name,
)
from protocol.records.content import Address, ParagraphTarget
from protocol.visibility import Judged, Reason

DIFF_STEPS: Final = 2000  # of one version's comparison on the page of a post
ALL_DIFF_STEPS: Final = 30_000  # of all of them together


class VersionView(msgspec.Struct, frozen=True):
    """Another version of a paragraph, with what it changes in the one that stands."""

    anchor: str
    byline: str
    why: Link
    score: Score
    changes: Markup
    compare: str
    votes: tuple[Press, ...]
    acts: tuple[Press, ...]


class ThreadView(msgspec.Struct, frozen=True):
    """The comments on a paragraph, open under it, and what a form for one more sends."""

    comments: tuple[ReplyView, ...]
    record: str
    index: int
    close: str


class ParagraphView(msgspec.Struct, frozen=True):
    """A paragraph. `byline` names its author where that isn't the post's, or always where one works on the text."""

    anchor: str
    tag: str
    style: str
    text: str
    byline: str
    note: str
    score: Score | None
    why: Link | None
    comments: Link | None
    versions: tuple[VersionView, ...]
    others: str
    all_versions: Link | None
    votes: tuple[Press, ...]
    tools: tuple[Link, ...]
    acts: tuple[Press, ...]
    thread: ThreadView | None

    @property
    def bare(self) -> bool:
        """Whether its margin has nothing but the permalink."""
        return not (self.byline or self.note or self.score or self.comments or self.tools or self.acts)


class ItemView(msgspec.Struct, frozen=True):
    """A shown paragraph, or several hidden ones in a row with one reason. `summary` is empty for what is shown.

    `withheld`: the text isn't here to be seen. `mine`: the reader wrote it and sees it open.
    """

    paragraphs: tuple[ParagraphView, ...]
    summary: str = ""
    layers: tuple[LayerView, ...] = ()
    withheld: bool = False
    mine: bool = False
    moving: bool = False


class Desk(msgspec.Struct, frozen=True):
    """What the views of one page are made from. `thread`: the paragraph whose comments are open."""

    say: Translator
    links: PostLinks
    story: Story
    thread: Address | None = None
    signed_in: bool = False
    hides: Mapping[Address, tuple[Layer, ...]] = {}

    def hiding(self, judged: Judged) -> tuple[Layer, ...]:
        """Which layers hide a paragraph."""
        return self.hides[judged.address]

    @property
    def writes(self) -> bool:
        """Whether the reader may write in the group."""
        return self.story.reading.summary.writes

    @property
    def votes(self) -> bool:
        """Whether the reader may vote on what is seen here."""
        return self.story.bench.votes

    def writer(self, address: Address) -> Author:
        """Who wrote a paragraph."""
        return writer_of(self.story.reading.text.sheets[address.record])

    def called(self, address: Address) -> str:
        """What its writer is called."""
        reading = self.story.reading
        return writer_name(self.say, reading, reading.text.sheets[address.record], self.story.nicknames)

    def is_authors(self, address: Address) -> bool:
        """Whether the post's author wrote a paragraph."""
        return self.writer(address) == (self.links.group, self.story.reading.card.author)

    def is_mine(self, address: Address) -> bool:
        """Whether the reader wrote a paragraph."""
        return self.writer(address) == (self.links.group, self.story.reading.summary.member)


def desk_of(say: Translator, links: PostLinks, story: Story, thread: Address | None = None, *, signed_in: bool) -> Desk:
    """The desk of one page."""
    reading = story.reading
    hides = {judged.address: reading.hiding(judged) for judged in reading.all_judged}
    return Desk(say, links, story, thread, signed_in=signed_in, hides=hides)


class SliceView(msgspec.Struct, frozen=True):
    """A part of the text; `next` is where the following part begins, None at the end."""

    items: tuple[ItemView, ...]
    next: int | None


def slice_view(desk: Desk) -> SliceView:
    """The part of the text that was read; hidden paragraphs in a row with one reason are one item.

    Shown ones are numbered, from the part's place in the text on.
    """
    portion = desk.story.reading.portion
    versions = _versions(desk)
    beside = {judged.address for found in versions.values() for judged in found}
    text = [judged for judged in desk.story.reading.own_judged if judged.address not in beside]
    part, following = slice_from(text, 0, lambda judged: _length(desk, judged, versions.get(judged.address, ())))
    numbers = count(1 + portion.start)
    told = [found[:MOST_VERSIONS] for judged in part if (found := versions.get(judged.address))]
    steps = min(DIFF_STEPS, ALL_DIFF_STEPS // max(1, sum(map(len, told))))
    items: list[ItemView] = []
    for fate, run in groupby(part, key=partial(_fate, desk)):
        if fate is not None:
            items.append(_folded(desk, list(run)))
            continue
        items += [
            ItemView((_paragraph(desk, judged, next(numbers), versions.get(judged.address, ()), steps),))
            for judged in run
        ]
    if following is None:
        return SliceView(tuple(items), portion.next)
    return SliceView(tuple(items), portion.start + portion.own.index(text[following].address))


def _length(desk: Desk, judged: Judged, versions: Sequence[Judged]) -> int:
    text = desk.story.reading.text
    found = (text.paragraph(one.address) for one in (judged, *versions[:MOST_VERSIONS]))
    return sum(len(paragraph.text) for paragraph in found if paragraph)


def _versions(desk: Desk) -> Mapping[Address, list[Judged]]:
    """What the lens alone hides because another of its slot stands, under the one that stands and is shown."""
    reading = desk.story.reading
    shown = {judged.address for judged in reading.all_judged if not desk.hiding(judged)}
    found: dict[Address, list[Judged]] = {}
    for judged in reading.all_judged:
        if judged.instead in shown and judged.reason is not Reason.ERASED and desk.hiding(judged) == (Layer.LENS,):
            found.setdefault(judged.instead, []).append(judged)
    return found


def _fate(desk: Desk, judged: Judged) -> tuple[object, ...] | None:
    """What hidden paragraphs have in common to be folded together; None for one that is shown."""
    hiding = desk.hiding(judged)
    return (hiding, judged.reason, desk.is_mine(judged.address)) if hiding else None


def _folded(desk: Desk, run: Sequence[Judged]) -> ItemView:
    say, first = desk.say, run[0]
    hiding, mine = desk.hiding(first), desk.is_mine(first.address)
    erased = first.reason is Reason.ERASED
    count = say.many("%(count)s paragraph", "%(count)s paragraphs", len(run))
    words = [layer_sentence(say, layer) for layer in hiding if not erased or layer is not Layer.LENS]
    words += [reason_sentence(say, first.reason)] if Layer.LENS in hiding else []
    return ItemView(
        tuple(_paragraph(desk, judged, 0) for judged in run),
        summary=f"{count}: {'; '.join(words)}",
        layers=tuple(layer_view(say, layer) for layer in hiding),
        withheld=erased or (Layer.POD in hiding and not mine),
        mine=mine and not erased,
        moving=Layer.POD in hiding,
    )


def _paragraph(
    desk: Desk, judged: Judged, number: int, versions: Sequence[Judged] = (), steps: int = DIFF_STEPS
) -> ParagraphView:
    say, links, address = desk.say, desk.links, judged.address
    reading = desk.story.reading
    paragraph = reading.text.paragraph(address)
    score = reading.score_of(judged)
    style = paragraph.style if paragraph else "text"
    foreign = not desk.is_authors(address)
    what = _what(say, number) if links.wiki else ""
    told = bool(score) or links.wiki
    return ParagraphView(
        anchor=anchor_of(address),
        tag=TAGS.get(style, "p"),
        style=style,
        text=paragraph.text if paragraph else "",
        byline=desk.called(address) if foreign or links.wiki else "",
        note="" if judged.shown or not number else reason_sentence(say, judged.reason),
        score=score_view(say, score) if told else None,
        why=Link(say("Why?"), links.to("why", target=named(ParagraphTarget(address)))) if told else None,
        comments=_comments(desk, address),
        versions=tuple(_version(desk, judged, version, steps) for version in versions[:MOST_VERSIONS]),
        others=say.many("%(count)s other version", "%(count)s other versions", len(versions)) if versions else "",
        all_versions=Link(say("All versions"), links.to("history")) if len(versions) > MOST_VERSIONS else None,
        votes=_votes(desk, address, what),
        tools=_tools(desk, address),
        acts=acts_on(desk, judged, what),
        thread=_thread(desk, address),
    )


def _what(say: Translator, number: int) -> str:
    """What the buttons of a paragraph call it."""
    return say("paragraph %(number)s", number=number) if number else say("this paragraph")


def _comments(desk: Desk, address: Address) -> Link | None:
    say, count = desk.say, desk.story.answers.get((address.record, address.index), 0)
    if not count and not (desk.links.wiki and desk.story.answers_in):
        return None
    text = say.many("%(count)s comment", "%(count)s comments", count) if count else say("Comment")
    return Link(text, desk.links.here(thread=f"{address.record}.{address.index}", anchor=anchor_of(address)))


def _votes(desk: Desk, address: Address, what: str) -> tuple[Press, ...]:
    if not (desk.links.wiki and desk.votes):
        return ()
    token = desk.story.reading.tokens[address]
    return vote_presses(desk.say, named(ParagraphTarget(address)), what, desk.story.votes.get(token, 0))


def _tools(desk: Desk, address: Address) -> tuple[Link, ...]:
    say, links = desk.say, desk.links
    # What another group wrote is edited there.
    here = desk.writer(address)[0] == links.group
    if not links.wiki or not here or (desk.signed_in and not desk.story.answers_in):
        return ()
    mine = desk.is_mine(address) and desk.is_authors(address)
    group_links = (
        Link(say("Edit") if mine else say("Suggest an edit"), links.paragraph_path(address, "edit")),
        Link(say("Add below"), links.paragraph_path(address, "add")),
    )
    return group_links if desk.signed_in else tuple(Link(link.text, sign_in_to(link.href)) for link in group_links)


def acts_on(desk: Desk, judged: Judged, what: str) -> tuple[Press, ...]:
    """What the reader may do to a paragraph beside voting: delete, take that back, restore, hide for oneself."""
    if not desk.links.wiki or not desk.signed_in:
        return ()
    say, target, story = desk.say, named(ParagraphTarget(judged.address)), desk.story
    reading = story.reading
    writer = desk.is_mine(judged.address) and desk.is_authors(judged.address)
    hiding, acts = desk.hiding(judged), []
    if writer and not hiding and desk.writes:
        acts.append(Press(f"delete:{target}", say("Delete"), say("Delete %(what)s", what=what)))
    lost = {Reason.MARKED_AWAY, Reason.OUTRANKED} | (set() if writer else {Reason.REJECTED})
    if Layer.LENS in hiding and judged.reason in lost and desk.writes:
        acts.append(Press(f"restore:{target}", say("Restore"), say("Restore %(what)s", what=what)))
    hidden = story.own_votes.get(reading.tokens[judged.address], 0) < 0
    if hidden:
        acts.append(Press(f"unhide:{target}", say("Show it to me again"), say("Show %(what)s to me again", what=what)))
    elif reading.summary.visibility != "private":
        acts.append(Press(f"hide:{target}", say("Hide for me"), say("Hide %(what)s for me", what=what)))
    return tuple(acts)


def _version(desk: Desk, standing: Judged, judged: Judged, most_steps: int) -> VersionView:
    say, text = desk.say, desk.story.reading.text
    ends_of = tuple(found.text if (found := text.paragraph(one.address)) else "" for one in (standing, judged))
    who = desk.called(judged.address)
    what = say("the version by %(who)s", who=who)
    ends = {"from": named(ParagraphTarget(standing.address)), "to": named(ParagraphTarget(judged.address))}
    score = desk.story.reading.score_of(judged)
    target = named(ParagraphTarget(judged.address))
    return VersionView(
        anchor=anchor_of(judged.address),
        byline=who,
        why=Link(reason_sentence(say, judged.reason), desk.links.to("why", target=target)),
        score=score_view(say, score),
        changes=_changes(ends_of[0], ends_of[1], most_steps),
        compare=desk.links.to("diff", **ends),
        votes=_votes(desk, judged.address, what),
        acts=acts_on(desk, judged, what),
    )


def _changes(before: str, after: str, most_steps: int) -> Markup:
    key = ("changes", before, after, most_steps)
    return FRAGMENTS.get(
        key, len(before) + len(after), lambda: marked(diff_words(before, after, most_steps=most_steps))
    )


def _thread(desk: Desk, address: Address) -> ThreadView | None:
    if desk.thread != address:
        return None
    story = desk.story
    views = reply_views(desk.say, desk.links, story.thread, {}, writes=False)
    return ThreadView(views, address.record, address.index, desk.links.here(anchor=anchor_of(address)))
