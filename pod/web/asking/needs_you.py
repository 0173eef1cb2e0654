"""What needs a person in all their groups, by deadline, and the other polls that they follow."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.board import BoardPoll, read_own_board
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.asking.board import BoardRow, board_row
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()
PATH: Final = "/me/needs-you"


class NeedsView(msgspec.Struct, frozen=True):
    """The page; `more`: more polls are open than were looked at."""

    rows: tuple[BoardRow, ...]
    followed: tuple[BoardRow, ...]
    more: bool


@routes.get(PATH)
@contract("account", media_type=HTML)
async def get_needs(request: web.Request) -> web.Response:
    """The polls that wait for whoever is signed in, the nearest end first."""
    deps, say = request.app[DEPS], say_of(request)
    board = await read_own_board(deps, account_of(request))
    now = deps.clock()

    def rows(polls: tuple[BoardPoll, ...]) -> tuple[BoardRow, ...]:
        return tuple(
            board_row(say, one.group, one.poll, one.need, now, name=one.group_name, until=one.until) for one in polls
        )

    view = NeedsView(rows(board.needs), rows(board.followed), board.more)
    return render(request, "asking/needs.html", view, private=True)
