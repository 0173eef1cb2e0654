"""What the templates get: one frozen view a page, with every word and number ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from moderation.explain import plain, signed
from pod.actions.reading.groups import GroupSight
from pod.actions.reading.posts import PostLine, PostPage
from protocol.ids import RecordId

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


class CardView(msgspec.Struct, frozen=True):
    """A post in the group's list; `note` says why it is hidden, empty when it is shown."""

    link: Link
    byline: str
    score: Score
    note: str


class Fact(msgspec.Struct, frozen=True):
    """A name and what stands beside it; `title` is the long form of something shortened."""

    name: str
    value: str
    title: str = ""


class GroupView(msgspec.Struct, frozen=True):
    """The page of a group."""

    title: str
    description: str
    sentence: str
    notices: tuple[str, ...]
    facts: tuple[Fact, ...]
    cards: tuple[CardView, ...]
    older: str
    alternate: str


def group_view(seen: GroupSight, page: PostPage, names: Names) -> GroupView:
    """A group's page; `names` are those of its keepers and of the posts' authors."""
    own = f"/g/{seen.group}"
    return GroupView(
        title=seen.name,
        description=seen.description,
        sentence=_type_sentence(seen),
        notices=tuple(_notices(seen)),
        facts=tuple(_facts(seen, names)),
        cards=tuple(_card(own, line, names) for line in page.posts),
        older="" if page.next is None else f"{own}?before={page.next}",
        alternate=f"/groups/{seen.group}",
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


def short(identifier: RecordId) -> str:
    """The last letters of an id: the first are the same for all."""
    return f"…{identifier[-SHORT:]}"


def _type_sentence(seen: GroupSight) -> str:
    if seen.visibility == "private":
        return "A private group: its members alone read it."
    if seen.others_weight > 0:
        return f"An open group: whoever joins votes with weight {plain(seen.others_weight, 3)}."
    if seen.default_score > 0:
        return "A moderated group: whoever joins may write, and what members vote down disappears."
    return "A read-only group: shown is what members with weight support."


def _notices(seen: GroupSight) -> list[str]:
    notices = []
    if seen.disputed or seen.disputes:
        notices.append("Disputed: pods hold different histories of this group for settled. Ask its keepers.")
    # What stands on a doubtful item is doubtful, too: the lowest says it all.
    notices += [
        f"Not confirmed: item {doubt.height} ({short(doubt.item)}). {doubt.reason}" for doubt in seen.doubts[:1]
    ]
    notices += [
        f"Withheld: record {short(entry.record)} has waited since {moment(entry.since)} while others were logged."
        for entry in seen.withheld
    ]
    notices += [
        f"Proven fault ({fault.kind}): one key signed two things that exclude each other." for fault in seen.faults
    ]
    return notices


def _facts(seen: GroupSight, names: Names) -> list[Fact]:
    present = [member for member in seen.members if not member.left and member.weight >= 0]
    settled = "settled" if seen.settled_height == seen.height else f"settled up to {seen.settled_height}"
    return [
        Fact("Members", f"{len(present)} on {len({member.pod for member in present})} pods"),
        Fact("Steward", seen.steward),
        Fact("Keepers", ", ".join(names[number] for number in seen.keepers)),
        Fact("Chain", f"item {seen.height}, {settled}", f"head {seen.head}"),
        Fact("Log", f"{seen.log.held} of {seen.log.size} records here", f"root {seen.log.root}"),
        Fact("State", short(RecordId(seen.state_hash)), f"sha256 {seen.state_hash}; equal on every pod that agrees"),
    ]


def _card(own: str, line: PostLine, names: Names) -> CardView:
    title = line.title or ("An erased post" if line.erased else f"A note by {names[line.author]}")
    return CardView(
        Link(title, f"{own}/posts/{line.post}"),
        f"{names[line.author]} · {moment(line.at)}",
        score_of(line.score),
        "" if line.shown else "hidden: the score isn't above 0",
    )
