"""A group's board: polls that need the reader, that are open, that come, that are decided; and what one follows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from aiohttp import web

from decisions.poll_events import OPEN_POLL
from pod.actions.decisions.capabilities import may_ask
from pod.actions.decisions.poll_course import Phase
from pod.actions.decisions.subscriptions import list_followed
from pod.actions.reading.decisions.board import Board, by_end, end_of, read_board
from pod.actions.reading.decisions.needs import Need
from pod.actions.reading.decisions.poll_status import OVER
from pod.actions.reading.decisions.polls import PollPage, VisiblePoll, list_group_polls
from pod.actions.reading.decisions.presence import read_presence
from pod.actions.reading.group.page_header import HeaderSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.asking.asked import area_tree
from pod.web.decisions.feed_links import FeedLinks, feed_links
from pod.web.decisions.how import presence_sentence
from pod.web.decisions.status_sentence import relative, stage_name
from pod.web.decisions.wording import chosen_sentence, kind_name, poll_title
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.follow_button import FollowButton, follow_button
from pod.web.kit.queries import before_of, with_query
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import RecordId

routes = web.RouteTableDef()
ON_A_PAGE: Final = 30
OPEN: Final = frozenset({Phase.VOTING})
_WAYS: Final = {Need.VOTE: "/vote", Need.BET: "/bets", Need.EVALUATE: "/predictions"}
SOON: Final = frozenset({Phase.UNOPENED, Phase.PROPOSALS, Phase.PREDICTIONS, Phase.BETS})


class BoardRow(msgspec.Struct, frozen=True):
    """A poll: what it asks of the reader, what was chosen, where it stands, until when.

    `group`: its name, on boards of many groups.
    """

    title: str
    href: str
    need: str
    chosen: str
    stage: str
    kind: str
    until: str
    group: str = ""


class BoardPart(msgspec.Struct, frozen=True):
    """A part of the board; one without rows is said to be empty, if `empty` has words for that."""

    key: str
    title: str
    rows: tuple[BoardRow, ...]
    empty: str


class BoardView(msgspec.Struct, frozen=True):
    """The page. `who`: who starts polls here, where the reader doesn't.

    `present`: until when the reader stays on rolls, if that is over soon.
    """

    frame: PageFrame
    present: str
    parts: tuple[BoardPart, ...]
    more: bool
    older: str
    may_ask: bool
    who: str
    areas: tuple[FollowButton, ...]
    feeds: FeedLinks


@routes.get("/g/{group}/polls")
@contract("reader", media_type=HTML)
async def get_board(request: web.Request) -> web.Response:
    """The group's polls: what needs the reader, what is open, what comes, what is decided."""
    seen, frame = await load_frame(request, "polls")
    deps, reader, below = request.app[DEPS], reader_of(request), before_of(request, "below")
    board = await read_board(deps, reader, frame.group) if below is None else Board((), more=False)
    page = await list_group_polls(deps, reader, frame.group, below=below, limit=ON_A_PAGE)
    followed = await list_followed(deps, reader, frame.group) if reader else frozenset()
    presence = await read_presence(deps, reader, frame.group)
    say, asks = say_of(request), may_ask(seen.state, seen.weight)
    view = BoardView(
        frame=frame,
        present=presence_sentence(say, presence if presence and presence.soon else None),
        parts=_parts(say, frame.group, board, page, deps.clock(), first=below is None, member=seen.weight is not None),
        more=board.more,
        older=with_query(f"/g/{frame.group}/polls", [("below", str(page.next))]) if page.next is not None else "",
        may_ask=asks,
        who="" if asks else _who(say, seen),
        areas=tuple(
            follow_button(frame.group, "area", area.area, area.name, follows=("area", area.area) in followed)
            for area in (area_tree(seen.state.policy.areas or []) if reader else ())
        ),
        feeds=feed_links(frame.group, seen.state.visibility, signed_in=reader is not None),
    )
    return render(request, "asking/board.html", view)


def _parts(
    say: Translator, group: RecordId, board: Board, page: PollPage, now: int, *, first: bool, member: bool
) -> tuple[BoardPart, ...]:
    """The board in its parts; of later pages what is decided alone."""
    listed = {one.poll.id for one in board.polls}
    others = [poll for poll in page.polls if poll.id not in listed]
    rest = [one.poll for one in board.polls if one.need is None]
    needed = by_end([one for one in board.polls if one.need is not None])

    def rows(polls: Iterable[VisiblePoll]) -> tuple[BoardRow, ...]:
        return tuple(board_row(say, group, poll, None, now) for poll in polls)

    decided = BoardPart(
        "decided", say("Decided"), rows(poll for poll in (*rest, *others) if poll.phase in OVER), say("Nothing yet.")
    )
    if not first:
        return (decided,)
    needs = tuple(board_row(say, group, one.poll, one.need, now, until=one.until) for one in needed)
    return (
        *([BoardPart("needs", say("Needs you"), needs, say("Nothing waits for you here."))] if member else []),
        BoardPart("open", say("Open"), rows(_nearest(rest, OPEN)), _none_open(say, waits=bool(needs and member))),
        BoardPart(
            "soon", say("Soon"), rows([*_nearest(rest, SOON), *(one for one in others if one.phase in SOON)]), ""
        ),
        decided,
    )


def _none_open(say: Translator, *, waits: bool) -> str:
    return say("No other poll is open.") if waits else say("No poll is open.")


def _nearest(polls: Iterable[VisiblePoll], phases: frozenset[Phase]) -> list[VisiblePoll]:
    """Those in one of the phases, the one whose phase ends first before the others."""
    return sorted((poll for poll in polls if poll.phase in phases), key=lambda poll: (end_of(poll) or 0, poll.id))


def board_row(
    say: Translator,
    group: RecordId,
    poll: VisiblePoll,
    need: Need | None,
    now: int,
    *,
    name: str = "",
    until: int | None = None,
) -> BoardRow:
    """A poll on a board; `name`: of its group, on a board of many groups. `until`: when what is needed ends."""
    end = end_of(poll) if poll.phase not in OVER else until
    left = relative(say, end - now) if end is not None else ""
    path = f"/g/{group}/polls/{poll.id}"
    return BoardRow(
        title=poll_title(say, poll),
        href=f"{path}{_WAYS[need]}" if need is not None else path,
        need=need_sentence(say, need),
        chosen=chosen_sentence(say, poll),
        stage=stage_name(say, poll.phase),
        kind=kind_name(say, poll.kind),
        until=say("until %(moment)s (in %(left)s)", moment=say.moment(end), left=left) if end and left else "",
        group=name,
    )


def need_sentence(say: Translator, need: Need | None) -> str:
    """What a poll asks of the reader."""
    if need is None:
        return ""
    return {
        Need.VOTE: say("Vote: you haven't, and you follow nobody here."),
        Need.BET: say("Bet: some predictions lack yours."),
        Need.EVALUATE: say("Say what came true: predictions are due."),
    }[need]


def _who(say: Translator, seen: HeaderSight) -> str:
    least = say.weight(max(0, seen.state.permission(OPEN_POLL)))
    return say("Members with weight %(weight)s or more start polls here.", weight=least)
