"""Take everything with you: a file of the whole account is asked for, made beside everything else, and downloaded."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.moving.archives import MAKING, StoredArchive
from pod.actions.accounts.mail_address import address_of_account
from pod.actions.accounts.sessions import check_confirmed
from pod.actions.moving.archive_orders import READY, TOO_LARGE, archive_file, ask_for_archive, own_archive
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.account.session_start import session_here
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import PRIVATE, render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()
PAGE: Final = "/settings/archive"
FILE: Final = f"{PAGE}/file"
MIB: Final = 1024**2


class ArchiveForm(msgspec.Struct, frozen=True):
    """Whether it holds what was written in private groups."""

    private: bool = False


class ArchiveView(FormView, frozen=True):
    """How it stands with the account's archive: `making`, or `ready` until a day, or why there is none (`failed`).

    `mailed`: a mail will tell. `private`: what is ticked.
    """

    making: bool
    progress: str
    ready: str
    size: str
    failed: str
    mailed: str
    private: bool = False


@routes.get(PAGE)
@contract("account", media_type=HTML)
async def get_archive(request: web.Request) -> web.Response:
    """What an archive holds, and how far the account's own is."""
    account_of(request)
    return await _show(request)


@routes.post(PAGE)
@contract("account", media_type=HTML)
async def post_archive(request: web.Request) -> web.Response:
    """Have it made; for who proved lately who they are."""
    account_of(request)
    form = await read_form(request, ArchiveForm)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)
    refused = again(request, partial(_show, request, private=form.private))
    return await act_or_show(partial(_ask, request, form), refused)


async def _ask(request: web.Request, form: ArchiveForm) -> web.Response:
    await ask_for_archive(request.app[DEPS], account_of(request), private=form.private)
    return see_other(PAGE)


@routes.get(FILE)
@contract("account", media_type=HTML)  # what it refuses is told by a page
async def get_archive_file(request: web.Request) -> web.FileResponse:
    """The account's archive, for nobody else; for who proved lately who they are."""
    account = account_of(request)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)
    path = await archive_file(request.app[DEPS], account)
    name = f'attachment; filename="{account.name}.zip"'
    headers = {"Content-Disposition": name, "Content-Type": "application/zip", **PRIVATE}
    return web.FileResponse(path, headers=headers)


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **more: object) -> web.Response:
    deps, account, say = request.app[DEPS], account_of(request), say_of(request)
    found, mail = await own_archive(deps, account), await address_of_account(deps, account)
    mailed = mail.address if mail is not None and mail.verified_at is not None else ""
    view = _view(say, found, mailed)
    return render(request, "archive/own-archive.html", msgspec.structs.replace(view, **more), status, private=True)


def _view(say: Translator, found: StoredArchive | None, mailed: str) -> ArchiveView:
    if found is None:
        return ArchiveView(making=False, progress="", ready="", size="", failed="", mailed=mailed)
    size = say("%(mib)s MiB", mib=say.quantity(found.bytes * 10 // MIB, 1))
    return ArchiveView(
        making=found.state == MAKING,
        progress=_progress(say, found, size) if found.state == MAKING else "",
        ready=say.moment(found.due_at) if found.state == READY else "",
        size=size,
        failed=_failed(say, found),
        mailed=mailed,
    )


def _progress(say: Translator, found: StoredArchive, size: str) -> str:
    """How far it is, in one sentence."""
    if not found.file:
        return say("It waits for its turn: archives are made one after the other.")
    far = say.number(found.done)
    done = say("%(done)s of %(of)s", done=far, of=say.number(found.total)) if found.total else far
    return say(
        "File %(number)s of %(files)s, %(file)s: %(done)s. %(size)s so far.",
        number=say.number(found.number),
        files=say.number(found.files),
        file=found.file,
        done=done,
        size=size,
    )


def _failed(say: Translator, found: StoredArchive) -> str:
    if found.state in {MAKING, READY}:
        return ""
    if found.state == TOO_LARGE:
        return say("Your archive would be larger than this pod can make one. Those who run it can help.")
    return say("Your archive couldn't be made. Those who run this pod can see why.")
