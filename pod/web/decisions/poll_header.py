"""What stands above every page of a poll: title, who asked, where it stands; and whether one's vote will count."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.ballot_receipts import BallotReceipt
from pod.actions.reading.decisions.poll_page import PollPageSight, read_page_and_receipt, read_poll_page
from pod.actions.reading.decisions.poll_status import OVER
from pod.app_keys import DEPS
from pod.translations import Translator
from pod.web.decisions.status_sentence import status_parts
from pod.web.decisions.wording import bar_sentences, kind_name, poll_title
from pod.web.group.wording import member_name
from pod.web.kit.visitors import reader_of
from protocol.ids import parse_id

Link = tuple[str, str]


class PollHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above every page of a poll; `status` are the parts of its sentence, `again`: why it is held anew."""

    path: str
    group: Link
    title: str
    language: str
    byline: str
    status: tuple[str, ...]
    again: str


async def load_poll_page(request: web.Request, *, delegate: bool = False) -> PollPageSight:
    """The poll that the path names, for whoever asks; raises UnknownGroupError or NotFoundError.

    `delegate`: also whose ballot the vote of whoever asks follows, if delegates are locked.
    """
    group, poll = parse_id(request.match_info["group"]), parse_id(request.match_info["poll"])
    return await read_poll_page(request.app[DEPS], reader_of(request), group, poll, delegate=delegate)


async def load_page_and_receipt(request: web.Request) -> tuple[PollPageSight, BallotReceipt | None]:
    """The same, with what became of the ballot of whoever asks."""
    group, poll = parse_id(request.match_info["group"]), parse_id(request.match_info["poll"])
    return await read_page_and_receipt(request.app[DEPS], reader_of(request), group, poll)


def header_of(say: Translator, seen: PollPageSight, now: int) -> PollHeader:
    """What stands above the page."""
    poll = seen.sight.poll
    who = member_name(say, poll.author, seen.nicknames.get(poll.author, ""))
    return PollHeader(
        path=f"/g/{seen.group}/polls/{poll.id}",
        group=(seen.name, f"/g/{seen.group}/polls"),
        title=poll_title(say, poll),
        language=poll.language,
        byline=say("%(kind)s · asked by %(who)s", kind=kind_name(say, poll.kind), who=who),
        status=status_parts(say, seen.sight.status, seen.sight.may, now, seen.areas),
        again=round_note(say, poll.round),
    )


def round_note(say: Translator, number: int) -> str:
    """Why a voting is held once more; empty for the first."""
    again = {
        2: say("This is the second voting: the first one tied, and only those who tied can be chosen."),
        3: say("The voting is held once more: without the votes that members voided, another one would have won."),
    }
    return again.get(number, "")


def will_count(say: Translator, seen: PollPageSight) -> tuple[str, str]:
    """Whether the reader's vote will count, and what they can do if it won't; empty once nobody votes any more."""
    status, sight = seen.sight.status, seen.sight
    if status.stage in OVER:
        return "", ""
    if seen.number is None:
        return say("Members of this group vote."), say("Join the group to vote in polls that open afterwards.")
    if sight.on_roll is None:
        return say("The roll is fixed when the poll opens: who then is a member with enough weight votes in it."), ""
    if sight.bar is not None:
        return bar_sentences(say, sight.bar)
    return (
        say("Your vote will count: you are on the roll of this poll."),
        say("When you cast it you are asked to prove who you are, if you haven't in the last twelve hours."),
    )
