"""Bring things from elsewhere: a file of other software is uploaded, looked at, and worked through row by row."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from aiohttp import web

from federation.elsewhere.csv_kinds import FILE_NAMES
from federation.errors import Sentences
from models.moving.brought_files import GOING
from pod.actions.accounts.mail_address import address_of_account
from pod.actions.moving.brought_files import LEMMY, MOST_BYTES, POSTS, RefusedTally
from pod.actions.moving.import_orders import (
    DONE,
    ENDABLE,
    FAILED,
    SHOWN,
    ImportSight,
    begin_import,
    choose_kind,
    drop_own_import,
    failed_rows_of,
    own_import,
    place_for_file,
    take_file,
)
from pod.app_keys import DEPS
from pod.budgets.bodies import reads_itself
from pod.contracts import HTML, contract
from pod.rules.imports import ImportRule
from pod.translations import Translator
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.sent_file import take_sent_file
from pod.web.kit.templates import PRIVATE, render
from pod.web.kit.visitors import account_of, say_of
from protocol.errors import ENGLISH

routes = web.RouteTableDef()
PAGE: Final = "/settings/import"
LOOK_AGAIN_SECONDS: Final = "10"


class ListKindForm(msgspec.Struct, frozen=True):
    """Which list a file is, by Mastodon's name for it."""

    kind: str = ""


class BeginForm(msgspec.Struct, frozen=True):
    """Whether a list is added to one's own or, if confirmed, takes its place; whether unlisted posts come, too."""

    way: Literal["add", "replace"] = "add"
    sure: bool = False
    unlisted: bool = False


class ForgetForm(msgspec.Struct, frozen=True):
    """A button."""


class ImportView(FormView, frozen=True):
    """How it stands with the account's file. `state`: empty if there is none; `what`: in a sentence, what it holds.

    `counts`: how many of what; `kinds`: what it could be; `untaken`: why rows aren't taken; `replaceable`: it may take
    the place of one's own list.
    """

    most: str
    state: str = ""
    file: str = ""
    what: str = ""
    counts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    untaken: tuple[str, ...] = ()
    failed: str = ""
    progress: str = ""
    mailed: str = ""
    can_begin: bool = False
    replaceable: bool = False
    unlisted: str = ""
    way: str = "add"


@routes.get(PAGE)
@contract("account", media_type=HTML)
async def get_import(request: web.Request) -> web.Response:
    """What can be brought, and how far one's own file is; while that is going on, the page comes again by itself."""
    account_of(request)
    return await _show(request)


@routes.post(PAGE)
@contract("account", media_type=HTML)
@reads_itself
async def post_import(request: web.Request) -> web.Response:
    """Take a file and read it; nothing is done with it yet."""
    account_of(request)
    return await act_or_show(partial(_upload, request), again(request, partial(_show, request)))


async def _upload(request: web.Request) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    async with place_for_file(deps, account) as raw:
        sent = await take_sent_file(request, raw, MOST_BYTES)
        await take_file(deps, account, raw, sent.name)
    return see_other(PAGE)


@routes.post(f"{PAGE}/kind")
@contract("account", media_type=HTML)
async def post_kind(request: web.Request) -> web.Response:
    """Say which list a file is, if its content leaves that open."""
    form, account = await read_form(request, ListKindForm), account_of(request)

    async def act() -> web.Response:
        await choose_kind(request.app[DEPS], account, form.kind)
        return see_other(PAGE)

    return await act_or_show(act, again(request, partial(_show, request)))


@routes.post(f"{PAGE}/begin")
@contract("account", media_type=HTML)
async def post_begin(request: web.Request) -> web.Response:
    """Have the file worked through."""
    form, account = await read_form(request, BeginForm), account_of(request)

    async def act() -> web.Response:
        if form.way == "replace" and not form.sure:
            raise ImportRule.SAY_REPLACE.error()
        replace = form.way == "replace"
        await begin_import(request.app[DEPS], account, replace=replace, unlisted=form.unlisted)
        return see_other(PAGE)

    return await act_or_show(act, again(request, partial(_show, request, way=form.way)))


@routes.post(f"{PAGE}/drop")
@contract("account", media_type=HTML)
async def post_drop(request: web.Request) -> web.Response:
    """Stop it, or forget it."""
    await read_form(request, ForgetForm)
    await drop_own_import(request.app[DEPS], account_of(request))
    return see_other(PAGE)


@routes.get(f"{PAGE}/failed")
@contract("account", media_type=HTML)  # what it refuses is told by a page
async def get_failed(request: web.Request) -> web.Response:
    """The rows that weren't taken, with reasons, in the form of the file: to be mended and uploaded again."""
    account, say = account_of(request), say_of(request)
    text, name = await failed_rows_of(request.app[DEPS], account, say.language)
    kind = "text/csv" if name.endswith(".csv") else "application/json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **PRIVATE}
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=headers)


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **more: object) -> web.Response:
    deps, account, say = request.app[DEPS], account_of(request), say_of(request)
    sight, mail = await own_import(deps, account), await address_of_account(deps, account)
    view = ImportView(most=say.number(MOST_BYTES // 1024**2))
    if sight is not None:
        mailed = mail.address if mail is not None and mail.verified_at is not None else ""
        view = msgspec.structs.replace(_view(say, sight, view), mailed=mailed)
    page = render(request, "imports/own-import.html", msgspec.structs.replace(view, **more), status, private=True)
    if view.state == GOING and not more:
        page.headers["Refresh"] = LOOK_AGAIN_SECONDS
    return page


def _view(say: Translator, sight: ImportSight, empty: ImportView) -> ImportView:
    stored, told = sight.stored, sight.told
    return msgspec.structs.replace(
        empty,
        state=stored.state,
        file=stored.file,
        what=_what(say, stored.kind),
        counts=_counts(say, sight),
        warnings=tuple(_told(say, one) for one in told.warnings),
        kinds=tuple((kind, f"{name}: {_what(say, kind)}") for kind, name in FILE_NAMES.items() if name in told.kinds),
        untaken=_untaken(say, sight),
        failed=say.many("%(count)s row isn't taken.", "%(count)s rows aren't taken.", sight.refused)
        if sight.refused
        else "",
        progress=_progress(say, sight),
        can_begin=stored.state == SHOWN and stored.total > 0,
        replaceable=stored.kind in ENDABLE,
        unlisted=say.number(told.sorts["unlisted"]) if told.sorts.get("unlisted") else "",
    )


def _what(say: Translator, kind: str) -> str:
    """What a file holds."""
    named = {
        "": say("It could be one of several lists."),
        "following": say("People and groups to follow"),
        "mutes": say("People to mute"),
        "blocks": say("People whom you blocked; here they are muted"),
        "domains": say("Servers that you blocked"),
        "domain_blocks": say("Servers that a server blocks"),
        "bookmarks": say("Bookmarks"),
        "lists": say("Lists of people"),
        "followers": say("People who followed you"),
        LEMMY: say("Settings of Lemmy: what you followed, saved and blocked there"),
        POSTS: say("Posts that you published elsewhere"),
    }
    return named[kind]


def _counts(say: Translator, sight: ImportSight) -> tuple[tuple[str, str], ...]:
    sorts = sight.told.sorts
    closed = sorts.get("followers", 0) + sorts.get("direct", 0)
    if sight.stored.kind != POSTS:
        return ((say("Rows"), say.number(sight.rows)),)
    named = (
        (say("Public posts"), sorts.get("public", 0)),
        (say("Unlisted posts"), sorts.get("unlisted", 0)),
        (say("Posts for followers or single people, which aren't taken"), closed),
        (say("Shared posts of others, which aren't taken"), sorts.get("boosts", 0)),
    )
    return tuple((name, say.number(count)) for name, count in named if count)


def _progress(say: Translator, sight: ImportSight) -> str:
    stored = sight.stored
    done, total = say.number(stored.done), say.number(stored.total)
    if stored.state == GOING:
        return say("%(done)s of %(total)s", done=done, total=total)
    if stored.state == FAILED:
        ended = say("It ended after %(done)s of %(total)s.", done=done, total=total)
        return f"{ended} {say('Upload the file again: what was taken stays, and nothing is taken twice.')}"
    if stored.state != DONE:
        return ""
    taken = say.number(stored.taken)
    if stored.kind != POSTS:
        return say("%(taken)s of %(total)s taken.", taken=taken, total=say.number(sight.rows))
    known = say.number(stored.passed)
    return say("Posts written: %(taken)s. Here before: %(known)s.", taken=taken, known=known)


def _told(say: Translator, sentences: Sentences) -> str:
    return sentences.en if say.language == ENGLISH else sentences.sv


def _untaken(say: Translator, sight: ImportSight) -> tuple[str, ...]:
    """Why the first rows of a list aren't taken, or how many posts aren't and why."""
    rows = (say("Row %(row)s: %(why)s", row=one.row, why=_told(say, Sentences(one.en, one.sv))) for one in sight.first)
    return (*rows, *(_tally(say, one) for one in (*sight.told.unread, *sight.told.untaken)))


def _tally(say: Translator, tally: RefusedTally) -> str:
    return say("%(count)s: %(why)s", count=say.number(tally.count), why=_told(say, tally.why))
