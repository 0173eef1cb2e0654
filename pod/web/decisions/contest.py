"""Somebody whose account was stolen voids with the 24 words what was said in a poll in their name."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.decisions.poll_course import Phase
from pod.actions.decisions.voids import void_votes
from pod.actions.recovery.phrase import RecoveryKeys
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.decisions.poll_header import PollHeader, header_of, load_poll_page
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()


class ContestForm(msgspec.Struct, frozen=True):
    """The 24 words."""

    phrase: str = ""


class ContestView(FormView, frozen=True):
    """What voiding means, and a field for the words; `open`: whether it can still be done."""

    header: PollHeader
    open: bool
    until: str


@routes.get("/g/{group}/polls/{poll}/contest")
@contract("account", media_type=HTML)
async def get_contest(request: web.Request) -> web.Response:
    """What it means to void one's votes, and a field for the 24 words."""
    account_of(request)
    return await _show(request)


@routes.post("/g/{group}/polls/{poll}/contest")
@contract("account", media_type=HTML)
async def post_contest(request: web.Request) -> web.Response:
    """Void one's votes in the poll."""
    account_of(request)
    form = await read_form(request, ContestForm)
    return await act_or_show(partial(_void, request, form), again(request, partial(_show, request)))


async def _void(request: web.Request, form: ContestForm) -> web.Response:
    seen = await load_poll_page(request)
    keys = RecoveryKeys(form.phrase)
    await void_votes(request.app[DEPS], account_of(request), seen.group, seen.sight.poll.id, keys)
    return see_other(f"/g/{seen.group}/polls/{seen.sight.poll.id}", said="voided")


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **more: object) -> web.Response:
    say, seen = say_of(request), await load_poll_page(request)
    poll = seen.sight.poll
    ended = poll.phase is Phase.FINAL or poll.times is None
    view = ContestView(
        header=header_of(say, seen, request.app[DEPS].clock()),
        open=seen.number is not None and not ended,
        until=say.moment(poll.times.contest_end) if poll.times is not None else "",
    )
    # What was typed is not shown again: it is what nobody may see.
    return render(request, "decisions/contest.html", msgspec.structs.replace(view, **more), status, private=True)
