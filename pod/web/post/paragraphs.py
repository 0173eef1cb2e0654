"""A post's text as its page shows it: shown, or folded with who folds it; other versions beside their own."""

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
from pod.actions.reading.post.slices import MOST_PARAGRAPHS, MOST_VERSIONS, slice_from
from pod.actions.reading.post.story import Story
from pod.actions.reading.post.text import writer_of
from pod.web.kit.fragments import FRAGMENTS
from pod.web.kit.translations import Words
from pod.web.post.links import Link, Place, anchor_of, named, sign_in_to
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
from protocol.visibility import Reason, Sight

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

    say: Words
    place: Place
    story: Story
    thread: Address | None = None
    signed_in: bool = False
    hides: Mapping[Address, tuple[Layer, ...]] = {}

    def hiding(self, sight: Sight) -> tuple[Layer, ...]:
        """Which layers hide a paragraph."""
        return self.hides[sight.address]

    @property
    def writes(self) -> bool:
        """Whether the reader may write in the group."""
        return self.story.reading.head.writes

    @property
    def votes(self) -> bool:
        """Whether the reader may vote on what is seen here."""
        return self.story.bench.writes

    def writer(self, address: Address) -> Author:
        """Who wrote a paragraph."""
        return writer_of(self.story.reading.text.sheets[address.record])

    def called(self, address: Address) -> str:
        """What its writer is called."""
        reading = self.story.reading
        return writer_name(self.say, reading, reading.text.sheets[address.record], self.story.nicknames)

    def is_authors(self, address: Address) -> bool:
        """Whether the post's author wrote a paragraph."""
        return self.writer(address) == (self.place.group, self.story.reading.card.author)

    def is_mine(self, address: Address) -> bool:
        """Whether the reader wrote a paragraph."""
        return self.writer(address) == (self.place.group, self.story.reading.head.member)


def desk_of(say: Words, place: Place, story: Story, thread: Address | None = None, *, signed_in: bool) -> Desk:
    """The desk of one page."""
    reading = story.reading
    hides = {sight.address: reading.hiding(sight) for sight in reading.sights}
    return Desk(say, place, story, thread, signed_in=signed_in, hides=hides)


class SliceView(msgspec.Struct, frozen=True):
    """A part of the text; `next` is where the following part begins, None at the end."""

    items: tuple[ItemView, ...]
    next: int | None


def slice_view(desk: Desk, start: int) -> SliceView:
    """The text from `start` on in reading order; hidden paragraphs in a row with one reason are one item.

    Shown ones are numbered. A paragraph whose comments are open begins the part, unless another place is asked for.
    """
    versions = _versions(desk)
    beside = {sight.address for found in versions.values() for sight in found}
    text = [sight for sight in desk.story.reading.sights if sight.address not in beside]
    if not start and desk.thread:
        start = _page_of(desk.thread, text)
    part, following = slice_from(text, start, lambda sight: _length(desk, sight, versions.get(sight.address, ())))
    begin = len(text) - len(part) if following is None else following - len(part)
    numbers = count(1 + sum(1 for sight in text[:begin] if _fate(desk, sight) is None))
    told = [found[:MOST_VERSIONS] for sight in part if (found := versions.get(sight.address))]
    steps = min(DIFF_STEPS, ALL_DIFF_STEPS // max(1, sum(map(len, told))))
    items: list[ItemView] = []
    for fate, run in groupby(part, key=partial(_fate, desk)):
        if fate is not None:
            items.append(_folded(desk, list(run)))
            continue
        items += [
            ItemView((_paragraph(desk, sight, next(numbers), versions.get(sight.address, ()), steps),)) for sight in run
        ]
    return SliceView(tuple(items), following)


def _page_of(address: Address, text: Sequence[Sight]) -> int:
    """Where a paragraph stands, if it isn't on the first page anyway."""
    place = next((place for place, sight in enumerate(text) if sight.address == address), 0)
    return place if place >= MOST_PARAGRAPHS else 0


def _length(desk: Desk, sight: Sight, versions: Sequence[Sight]) -> int:
    text = desk.story.reading.text
    found = (text.paragraph(one.address) for one in (sight, *versions[:MOST_VERSIONS]))
    return sum(len(paragraph.text) for paragraph in found if paragraph)


def _versions(desk: Desk) -> Mapping[Address, list[Sight]]:
    """What the lens alone hides because another of its slot stands, under the one that stands and is shown."""
    reading = desk.story.reading
    shown = {sight.address for sight in reading.sights if not desk.hiding(sight)}
    found: dict[Address, list[Sight]] = {}
    for sight in reading.sights:
        if sight.instead in shown and sight.reason is not Reason.ERASED and desk.hiding(sight) == (Layer.LENS,):
            found.setdefault(sight.instead, []).append(sight)
    return found


def _fate(desk: Desk, sight: Sight) -> tuple[object, ...] | None:
    """What hidden paragraphs have in common to be folded together; None for one that is shown."""
    hiding = desk.hiding(sight)
    return (hiding, sight.reason, desk.is_mine(sight.address)) if hiding else None


def _folded(desk: Desk, run: Sequence[Sight]) -> ItemView:
    say, first = desk.say, run[0]
    hiding, mine = desk.hiding(first), desk.is_mine(first.address)
    erased = first.reason is Reason.ERASED
    count = say.many("%(count)s paragraph", "%(count)s paragraphs", len(run))
    words = [layer_sentence(say, layer) for layer in hiding if not erased or layer is not Layer.LENS]
    words += [reason_sentence(say, first.reason)] if Layer.LENS in hiding else []
    return ItemView(
        tuple(_paragraph(desk, sight, 0) for sight in run),
        summary=f"{count}: {'; '.join(words)}",
        layers=tuple(layer_view(say, layer) for layer in hiding),
        withheld=erased or (Layer.POD in hiding and not mine),
        mine=mine and not erased,
        moving=Layer.POD in hiding,
    )


def _paragraph(
    desk: Desk, sight: Sight, number: int, versions: Sequence[Sight] = (), steps: int = DIFF_STEPS
) -> ParagraphView:
    say, place, address = desk.say, desk.place, sight.address
    reading = desk.story.reading
    paragraph = reading.text.paragraph(address)
    score = reading.score_of(sight)
    style = paragraph.style if paragraph else "text"
    foreign = not desk.is_authors(address)
    what = _what(say, number) if place.wiki else ""
    told = bool(score) or place.wiki
    return ParagraphView(
        anchor=anchor_of(address),
        tag=TAGS.get(style, "p"),
        style=style,
        text=paragraph.text if paragraph else "",
        byline=desk.called(address) if foreign or place.wiki else "",
        note="" if sight.shown or not number else reason_sentence(say, sight.reason),
        score=score_view(say, score) if told else None,
        why=Link(say("Why?"), place.to("why", target=named(ParagraphTarget(address)))) if told else None,
        comments=_comments(desk, address),
        versions=tuple(_version(desk, sight, version, steps) for version in versions[:MOST_VERSIONS]),
        others=say.many("%(count)s other version", "%(count)s other versions", len(versions)) if versions else "",
        all_versions=Link(say("All versions"), place.to("history")) if len(versions) > MOST_VERSIONS else None,
        votes=_votes(desk, address, what),
        tools=_tools(desk, address),
        acts=acts_on(desk, sight, what),
        thread=_thread(desk, address),
    )


def _what(say: Words, number: int) -> str:
    """What the buttons of a paragraph call it."""
    return say("paragraph %(number)s", number=number) if number else say("this paragraph")


def _comments(desk: Desk, address: Address) -> Link | None:
    say, count = desk.say, desk.story.answers.get((address.record, address.index), 0)
    if not count and not (desk.place.wiki and desk.story.answers_in):
        return None
    text = say.many("%(count)s comment", "%(count)s comments", count) if count else say("Comment")
    return Link(text, desk.place.here(thread=f"{address.record}.{address.index}", anchor=anchor_of(address)))


def _votes(desk: Desk, address: Address, what: str) -> tuple[Press, ...]:
    if not (desk.place.wiki and desk.votes):
        return ()
    token = desk.story.reading.tokens[address]
    return vote_presses(desk.say, named(ParagraphTarget(address)), what, desk.story.votes.get(token, 0))


def _tools(desk: Desk, address: Address) -> tuple[Link, ...]:
    say, place = desk.say, desk.place
    # What another group wrote is edited there.
    here = desk.writer(address)[0] == place.group
    if not place.wiki or not here or (desk.signed_in and not desk.writes):
        return ()
    mine = desk.is_mine(address) and desk.is_authors(address)
    links = (
        Link(say("Edit") if mine else say("Suggest an edit"), place.paragraph_path(address, "edit")),
        Link(say("Add below"), place.paragraph_path(address, "add")),
    )
    return links if desk.signed_in else tuple(Link(link.text, sign_in_to(link.href)) for link in links)


def acts_on(desk: Desk, sight: Sight, what: str) -> tuple[Press, ...]:
    """What the reader may do to a paragraph beside voting: delete, take that back, restore, hide for oneself."""
    if not desk.place.wiki or not desk.signed_in:
        return ()
    say, target, story = desk.say, named(ParagraphTarget(sight.address)), desk.story
    reading = story.reading
    writer = desk.is_mine(sight.address) and desk.is_authors(sight.address)
    hiding, acts = desk.hiding(sight), []
    if writer and not hiding and desk.writes:
        acts.append(Press(f"delete:{target}", say("Delete"), say("Delete %(what)s", what=what)))
    lost = {Reason.MARKED_AWAY, Reason.OUTRANKED} | (set() if writer else {Reason.REJECTED})
    if Layer.LENS in hiding and sight.reason in lost and desk.writes:
        acts.append(Press(f"restore:{target}", say("Restore"), say("Restore %(what)s", what=what)))
    hidden = story.own_votes.get(reading.tokens[sight.address], 0) < 0
    if hidden:
        acts.append(Press(f"unhide:{target}", say("Show it to me again"), say("Show %(what)s to me again", what=what)))
    elif reading.head.visibility != "private":
        acts.append(Press(f"hide:{target}", say("Hide for me"), say("Hide %(what)s for me", what=what)))
    return tuple(acts)


def _version(desk: Desk, standing: Sight, sight: Sight, most_steps: int) -> VersionView:
    say, text = desk.say, desk.story.reading.text
    ends_of = tuple(found.text if (found := text.paragraph(one.address)) else "" for one in (standing, sight))
    who = desk.called(sight.address)
    what = say("the version by %(who)s", who=who)
    ends = {"from": named(ParagraphTarget(standing.address)), "to": named(ParagraphTarget(sight.address))}
    score = desk.story.reading.score_of(sight)
    target = named(ParagraphTarget(sight.address))
    return VersionView(
        anchor=anchor_of(sight.address),
        byline=who,
        why=Link(reason_sentence(say, sight.reason), desk.place.to("why", target=target)),
        score=score_view(say, score),
        changes=_changes(ends_of[0], ends_of[1], most_steps),
        compare=desk.place.to("diff", **ends),
        votes=_votes(desk, sight.address, what),
        acts=acts_on(desk, sight, what),
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
    views = reply_views(desk.say, desk.place, story.thread, {}, writes=False)
    return ThreadView(views, address.record, address.index, desk.place.here(anchor=anchor_of(address)))
