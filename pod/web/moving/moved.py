"""Where an account went that moved away, what still waits, and the ways from here: move back, or close it.

At the pod where it lives now the same page offers to move back, for a day.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.moving.move_deliveries import ToldHost
from models.people.accounts import Account
from pod.actions.accounts.sessions import check_confirmed
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.closed_accounts import LeftGroup, close_account, find_receipt, let_go_here
from pod.actions.moving.left_account import MoveSight, look_at_move
from pod.actions.moving.told_moves import list_told
from pod.actions.moving.unfolded_copy import failed_rows, failed_table
from pod.actions.moving.way_back import agree_to_return, begin_return, check_typed
from pod.app_keys import DEPS
from pod.contracts import CSV, HTML, contract
from pod.deps import Deps
from pod.rules.brought_lines import BroughtLineRule
from pod.translations import Translator
from pod.web.account.session_start import session_here
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import PRIVATE, render
from pod.web.kit.visitors import account_of, say_of
from pod.web.moving.told import ToldView, told_view
from protocol.ids import parse_id

routes = web.RouteTableDef()
PAGE: Final = "/settings/moved"


class TypedNameForm(msgspec.Struct, frozen=True):
    """The account's name, typed so that nobody does it by a slip."""

    handle: str = ""


class CloseForm(msgspec.Struct, frozen=True):
    """The same, and whether followers' servers are asked to forget the address."""

    handle: str = ""
    asks: bool = False


class AskedHostLine(msgspec.Struct, frozen=True):
    """A server that was asked to forget an address, and what it did."""

    host: str
    says: str


class ClosedView(msgspec.Struct, frozen=True):
    """A closed account; `due` is empty once its followers' servers were `asked`."""

    host: str
    closed: str
    asked: str
    due: str
    hosts: tuple[AskedHostLine, ...]


class LetGoForm(msgspec.Struct, frozen=True):
    """Which group isn't waited for."""

    group: str = ""


class LeftGroupLine(msgspec.Struct, frozen=True):
    """A group of the account. `waits`: its rehome isn't settled, and it isn't let go; `own`: the personal group."""

    id: str
    name: str
    says: str
    waits: bool
    own: bool


class MovedView(FormView, frozen=True):
    """A move away, or one to here a moment ago. Texts are empty where they don't apply.

    `away`: the account lives at `host`; `undo`: until when one can move back; `back`: the page there that goes on.
    `failed`: rows that came along couldn't be taken.
    """

    name: str
    away: bool
    host: str
    page: str
    since: str
    undo: str
    back: str
    agreed: bool
    returning: bool
    closed: str
    closes: str
    groups: tuple[LeftGroupLine, ...]
    form: TypedNameForm
    told: ToldView | None
    failed: bool = False


@routes.get(PAGE)
@contract("account", media_type=HTML)
async def get_moved(request: web.Request) -> web.Response:
    """Where one's account went, or came from."""
    return await _show(request, TypedNameForm())


@routes.get(f"{PAGE}/failed.csv")
@contract("account", media_type=HTML)  # what it refuses is told by a page
async def get_failed(request: web.Request) -> web.Response:
    """The rows of one's account elsewhere that couldn't be taken here, with reasons."""
    account, say = account_of(request), say_of(request)
    rows = await failed_rows(request.app[DEPS], account.id)
    if not rows:
        raise BroughtLineRule.NONE_FAILED.error()
    table = failed_table(rows, say.language)
    headers = {"Content-Disposition": 'attachment; filename="failed.csv"', **PRIVATE}
    return web.Response(text=table, content_type=CSV, charset="utf-8", headers=headers)


@routes.post(f"{PAGE}/back")
@contract("account", media_type=HTML)
async def post_back(request: web.Request) -> web.Response:
    """Agree, where one lives now, to move back."""
    return await _typed(request, agree_to_return)


@routes.post(f"{PAGE}/undo")
@contract("account", media_type=HTML)
async def post_undo(request: web.Request) -> web.Response:
    """Have the account come back to this pod."""
    return await _typed(request, begin_return)


@routes.post(f"{PAGE}/close")
@contract("account", media_type=HTML)
async def post_close(request: web.Request) -> web.Response:
    """Close the account here: what is private goes, and the browser is signed out."""
    account, form = account_of(request), await read_form(request, CloseForm)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)

    async def act() -> web.Response:
        secret = await close_account(request.app[DEPS], account, form.handle, asks=form.asks)
        return see_other(f"/closed/{secret}" if secret else "/", said="closed")

    return await act_or_show(act, again(request, partial(_show, request, TypedNameForm(form.handle))))


@routes.get("/closed/{secret}")
@contract(media_type=HTML)
async def get_closed(request: web.Request) -> web.Response:
    """For who closed an account: which servers were asked to forget it, and what each did."""
    say = say_of(request)
    receipt = await find_receipt(request.app[DEPS], request.match_info["secret"])
    asked = receipt.asked_at is not None
    view = ClosedView(
        host=host_in(receipt.pod),
        closed=say.moment(receipt.closed_at),
        asked=say.moment(receipt.asked_at) if receipt.asked_at is not None else "",
        due="" if asked else say.day(receipt.due),
        hosts=tuple(AskedHostLine(one.host, _answer(say, one)) for one in receipt.hosts),
    )
    return render(request, "moving/closed.html", view, private=True)


def _answer(say: Translator, host: ToldHost) -> str:
    if host.refused:
        return say("refused")
    if host.pending or host.given_up:
        return say("silent")
    return say("confirmed")


@routes.post(f"{PAGE}/let-go")
@contract("account", media_type=HTML)
async def post_let_go(request: web.Request) -> web.Response:
    """Don't wait for one group's rehome."""
    account, form = account_of(request), await read_form(request, LetGoForm)
    await let_go_here(request.app[DEPS], account, parse_id(form.group))
    return see_other(PAGE)


async def _typed(request: web.Request, step: Callable[[Deps, Account], Awaitable[object]]) -> web.Response:
    account, form, deps = account_of(request), await read_form(request, TypedNameForm), request.app[DEPS]
    check_confirmed(deps, session_here(request), back=PAGE)

    async def act() -> web.Response:
        check_typed(account, form.handle)
        await step(deps, account)
        return see_other(PAGE)

    return await act_or_show(act, again(request, partial(_show, request, form)))


async def _show(
    request: web.Request, form: TypedNameForm, status: HTTPStatus = HTTPStatus.OK, **problem: object
) -> web.Response:
    account, say = account_of(request), say_of(request)
    sight = await look_at_move(request.app[DEPS], account)
    told = await list_told(request.app[DEPS], account, after=request.query.get("after", "")) if sight.away else None
    view = _view(say, account, sight, form, told_view(say, told, PAGE) if told is not None else None)
    failed = bool(await failed_rows(request.app[DEPS], account.id, most=1))
    view = msgspec.structs.replace(view, failed=failed, **problem)
    return render(request, "moving/moved.html", view, status, private=True)


def _view(say: Translator, account: Account, sight: MoveSight, form: TypedNameForm, told: ToldView | None) -> MovedView:
    def moment(at: int | None) -> str:
        return say.moment(at) if at is not None else ""

    return MovedView(
        name=account.name,
        away=sight.away,
        host=host_in(sight.pod) if sight.pod else "",
        page=sight.page,
        since=moment(sight.since),
        undo=moment(sight.undo_until),
        back=f"{sight.pod}{PAGE}",
        agreed=sight.agreed,
        returning=sight.returning,
        closed=moment(sight.closed_at),
        closes=moment(sight.closes_at),
        groups=tuple(_line(say, account, group) for group in sight.groups),
        form=form,
        told=told,
    )


def _line(say: Translator, account: Account, group: LeftGroup) -> LeftGroupLine:
    standing = group.standing
    own = group.group == account.personal_group
    return LeftGroupLine(
        id=str(group.group),
        name=say("Your personal group") if own else group.name or str(group.group),
        says=_standing(say, group),
        waits=standing in ("asked", "here"),
        own=own,
    )


def _standing(say: Translator, group: LeftGroup) -> str:
    match group.standing:
        case "settled":
            members = ", ".join(str(number) for number in group.acks)
            told = say("Settled with item %(height)s", height=say.number(group.height))
            if not members:
                return told
            return say("%(settled)s; confirmed by member %(members)s", settled=told, members=members)
        case "asked":
            return say("Asked for; the group hasn't settled it yet, as far as this pod sees")
        case "here":
            return say("Not asked for yet")
        case "let go":
            return say("Let go; the 24 words can still fetch it")
