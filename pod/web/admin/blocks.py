"""Admins block servers with which this pod has nothing to do, and let them in again."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from pod.actions.accounts.sessions import check_confirmed
from pod.actions.admin.blocked_hosts import block_host, read_blocked, unblock_host
from pod.actions.admin.people import Deed
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.account.session_start import session_here
from pod.web.admin.page_frame import AdminView, admin_of, tabs
from pod.web.kit.form_page import again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/blocks"


class BlockForm(msgspec.Struct, frozen=True):
    """Which server, why, and whether accounts may move all the same."""

    host: str = ""
    why: str = ""
    moves: bool = False


class BlockedHostLine(msgspec.Struct, frozen=True):
    """A blocked server."""

    host: str
    since: str
    why: str
    moves: bool


class BlocksView(AdminView, frozen=True):
    """All blocked servers."""

    blocks: tuple[BlockedHostLine, ...]
    form: BlockForm


@routes.get(PAGE)
@contract("admin", media_type=HTML)
async def get_blocks(request: web.Request) -> web.Response:
    """Which servers are blocked."""
    admin_of(request)
    return await _show(request, BlockForm())


@routes.post(PAGE)
@contract("admin", media_type=HTML)
async def post_block(request: web.Request) -> web.Response:
    """Block a server, or change whether accounts may move."""
    admin, form = admin_of(request), await read_form(request, BlockForm)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)

    async def act() -> web.Response:
        await block_host(request.app[DEPS], form.host, Deed(admin.name, form.why), allows_moves=form.moves)
        return see_other(PAGE, said="saved")

    return await act_or_show(act, again(request, partial(_show, request, form)))


@routes.post(f"{PAGE}/end")
@contract("admin", media_type=HTML)
async def post_unblock(request: web.Request) -> web.Response:
    """Let a server in again."""
    admin, form = admin_of(request), await read_form(request, BlockForm)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)
    await unblock_host(request.app[DEPS], form.host, Deed(admin.name))
    return see_other(PAGE, said="ended")


async def _show(
    request: web.Request, form: BlockForm, status: HTTPStatus = HTTPStatus.OK, **problem: object
) -> web.Response:
    say = say_of(request)
    found = await read_blocked(request.app[DEPS])
    rows = tuple(BlockedHostLine(one.host, say.day(one.at), one.why, one.allows_moves) for one in found)
    view = BlocksView(rows, form, **tabs(request, PAGE))
    return render(request, "admin/blocks.html", msgspec.structs.replace(view, **problem), status)
