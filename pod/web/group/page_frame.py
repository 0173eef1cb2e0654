"""What stands above every page of a group: name, sentence, facts, what one can do here, tabs, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from aiohttp import web

from pod.actions.reading.group.page_header import HeaderSight, load_header
from pod.actions.reading.group.proposals import OpenProposals
from pod.app_keys import DEPS
from pod.translations import Translator
from pod.web.group.wording import host_of, kind_of, kind_sentence, pods_sentence, short
from pod.web.kit.refusals import sentence_of
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import RecordId, parse_id
from protocol.rules.seats import SeatRule


class Tab(msgspec.Struct, frozen=True):
    """A part of the group's pages."""

    text: str
    href: str
    current: bool


class PodDot(msgspec.Struct, frozen=True):
    """A pod of the group; `mark` is ● where it answers and ○ where it is silent, and `text` says so."""

    host: str
    mark: str
    text: str


class PageFrame(msgspec.Struct, frozen=True):
    """What stands above a group's page. Empty texts aren't shown; `signed_in`: with buttons, else a way to sign in."""

    group: RecordId
    name: str
    here: str
    sentence: str
    facts: tuple[str, ...]
    pods: tuple[PodDot, ...]
    notices: tuple[str, ...]
    tabs: tuple[Tab, ...]
    signed_in: bool
    standing: str
    follow: tuple[str, str]
    lens: tuple[str, str]
    may_join: bool
    may_write: bool
    may_invite: bool
    may_leave: bool
    forward: str
    closed: bool
    former: str
    proposals: str


async def load_frame(request: web.Request, here: str) -> tuple[HeaderSight, PageFrame]:
    """The group that the path names, with the frame of its page; `here` is the tab. Raises UnknownGroupError."""
    group = parse_id(request.match_info["group"])
    reader = reader_of(request)
    seen = await load_header(request.app[DEPS], reader, group)
    return seen, frame_of(say_of(request), seen, here, signed_in=reader is not None)


def frame_of(say: Translator, seen: HeaderSight, here: str, *, signed_in: bool) -> PageFrame:
    """The frame, from values alone."""
    state, weight = seen.state, seen.weight
    own = f"/g/{seen.group}"
    pending = seen.membership is not None and seen.membership.number is None
    return PageFrame(
        group=seen.group,
        name=seen.name,
        here=own if here == "posts" else f"{own}/{here}",
        sentence=kind_sentence(say, kind_of(seen)) if state.kind == "group" else say("A person's own group"),
        facts=tuple(_facts(say, seen)),
        pods=tuple(_dot(say, pod.pod, silent=pod.silent) for pod in seen.pods),
        notices=tuple(notices_of(say, seen)),
        tabs=tuple(Tab(text, href, name == here) for name, text, href in _tabs(say, own)),
        signed_in=signed_in,
        standing=_standing(say, seen, pending=pending),
        follow=_follow(say, seen),
        lens=_lens(say, seen),
        may_join=_may_join(seen, pending=pending),
        may_write=weight is not None and weight >= 0 and state.succeeded_by is None,
        may_invite=weight is not None and weight > 0 and state.kind == "group" and state.succeeded_by is None,
        may_leave=weight is not None and state.kind == "group",
        forward=f"/g/{seen.forward}" if seen.forward else "",
        closed=state.succeeded_by is not None,
        former=f"/g/{state.continues[0]}" if state.continues else "",
        proposals=_proposals(say, seen.proposals),
    )


def _facts(say: Translator, seen: HeaderSight) -> list[str]:
    return [
        say.many("%(count)s member", "%(count)s members", seen.members),
        pods_sentence(say, seen.pods, seen.pods_more),
        say("founded %(day)s", day=say.day(seen.founded_at)),
        say.many("chain of %(count)s item", "chain of %(count)s items", seen.state.height + 1),
    ]


def _dot(say: Translator, pod: str, *, silent: bool) -> PodDot:
    host = host_of(pod)
    return PodDot(host, "○" if silent else "●", say("silent") if silent else say("answers"))


def _tabs(say: Translator, own: str) -> Sequence[tuple[str, str, str]]:
    return (
        ("posts", say("Posts"), own),
        ("polls", say("Polls"), f"{own}/polls"),
        ("delegates", say("Delegates"), f"{own}/delegates"),
        ("subjects", say("Subjects"), f"{own}/subjects"),
        ("members", say("Members"), f"{own}/members"),
        ("log", say("Log"), f"{own}/log"),
        ("chain", say("Chain"), f"{own}/chain"),
        ("about", say("About"), f"{own}/about"),
    )


def _may_join(seen: HeaderSight, *, pending: bool) -> bool:
    state = seen.state
    open_to_all = state.visibility != "private" and state.kind == "group" and state.others_weight >= 0
    former = state.members.get(seen.membership.number or 0) if seen.membership else None
    kept_out = former is not None and former.weight < 0
    return open_to_all and not kept_out and seen.weight is None and not pending and state.succeeded_by is None


def _standing(say: Translator, seen: HeaderSight, *, pending: bool) -> str:
    if pending and seen.membership is not None and seen.membership.state == "asked":
        return say("Your request to join is on its way: the group's steward has to seal it.")
    if seen.weight is None or seen.membership is None:
        return ""
    return say(
        "You are member %(number)s with weight %(weight)s.",
        number=seen.membership.number,
        weight=say.weight(seen.weight),
    )


def _follow(say: Translator, seen: HeaderSight) -> tuple[str, str]:
    return ("follow", say("Follow")) if seen.following is None else ("unfollow", say("Unfollow"))


def _proposals(say: Translator, found: OpenProposals) -> str:
    if found.unsigned:
        return say.many(
            "%(count)s change waits for your signature", "%(count)s changes wait for your signature", found.unsigned
        )
    if found.signed:
        return say.many(
            "%(count)s change waits for the signatures of others",
            "%(count)s changes wait for the signatures of others",
            found.signed,
        )
    return ""


def _lens(say: Translator, seen: HeaderSight) -> tuple[str, str]:
    if seen.following is None or not seen.following.lens:
        return "lens", say("Use as lens")
    return "unlens", say("No longer my lens")


def notices_of(say: Translator, seen: HeaderSight) -> list[str]:
    """What is wrong with the group as this pod sees it."""
    notices = []
    if seen.disputed or seen.disputes:
        notices.append(say("Disputed: pods hold different histories of this group for settled."))
    # What stands on a doubtful item is doubtful, too: the lowest says it all.
    notices += [
        say(
            "Not confirmed: item %(height)s (%(item)s). %(reason)s",
            height=doubt.height,
            item=short(doubt.item),
            reason=sentence_of(say, SeatRule[doubt.rule.upper()].refused()),
        )
        for doubt in seen.doubts[:1]
    ]
    notices += [
        say(
            "Withheld: record %(record)s has waited since %(moment)s while others were logged.",
            record=short(entry.record),
            moment=say.moment(entry.since),
        )
        for entry in seen.withheld
    ]
    notices += [
        say("Proven fault (%(kind)s): one key signed two things that exclude each other.", kind=fault.kind)
        for fault in seen.faults
    ]
    return notices
