"""Admins choose the groups that decide what this pod shows to nobody, after seeing what each of them would hide."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec
from aiohttp import web

from models.pod.floor_groups import FloorGroup
from pod.actions.admin.floor_choice import FloorLine, FloorPreview, bring, choose, let_go, preview, read_floor
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.admin.page_frame import AdminView, NoForm, admin_of, tabs
from pod.web.group.post_rows import PostLineView, home_row
from pod.web.kit.form_page import told
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id

routes = web.RouteTableDef()
PAGE: Final = "/admin/floor"


class FloorForm(msgspec.Struct, frozen=True):
    """The address of a group."""

    address: str = ""


class ChooseForm(msgspec.Struct, frozen=True):
    """The pod that was named as one that holds the group."""

    pod: str = ""


class FloorLineView(msgspec.Struct, frozen=True):
    """A group of the floor; `lacking` says what that it isn't here means. `remove` empty: it stands in pod.toml."""

    name: str
    href: str
    note: str
    lacking: str
    remove: str


class FloorView(AdminView, frozen=True):
    """All groups of the floor."""

    form: FloorForm
    groups: tuple[FloorLineView, ...]


class FloorPreviewView(AdminView, frozen=True):
    """What one group would hide: sentences and examples. `choose`, `remove`: where a button leads, or nothing."""

    name: str
    href: str
    effects: tuple[str, ...]
    warning: str
    examples: tuple[PostLineView, ...]
    choose: str
    pod: str
    remove: str


@routes.get("/admin/floor")
@contract("admin", media_type=HTML)
async def get_floor(request: web.Request) -> web.Response:
    """Which groups decide, and whether each is here."""
    admin_of(request)
    return await _show(request, FloorForm())


@routes.post("/admin/floor")
@contract("admin", media_type=HTML)
async def post_floor(request: web.Request) -> web.Response:
    """Have a group fetched that an address leads to, and look at it."""
    admin_of(request)
    form = await read_form(request, FloorForm)

    async def look() -> web.Response:
        found = await bring(request.app[DEPS], form.address)
        return see_other(f"{PAGE}/{found.group}?pod={quote(found.pod, safe='')}")

    return await act_or_show(look, partial(_refused, request, form))


@routes.get("/admin/floor/{group}")
@contract("admin", media_type=HTML)
async def get_floor_preview(request: web.Request) -> web.Response:
    """What a group would hide on this pod."""
    found = await preview(request.app[DEPS], admin_of(request), _group_in(request))
    say, path = say_of(request), f"{PAGE}/{found.group}"
    view = FloorPreviewView(
        name=found.name,
        href=f"/g/{found.group}",
        effects=tuple(_effects(say, found)),
        warning=_warning(say, found),
        examples=tuple(home_row(say, card, {}) for card in found.examples),
        choose="" if found.chosen else f"{path}/choose",
        pod=request.query.get("pod", ""),
        remove=f"{path}/remove" if found.chosen and not found.configured else "",
        **tabs(request, PAGE),
    )
    return render(request, "admin/floor-preview.html", view)


@routes.post("/admin/floor/{group}/choose")
@contract("admin", media_type=HTML)
async def post_floor_choice(request: web.Request) -> web.Response:
    """Have the group decide from now on."""
    admin, form = admin_of(request), await read_form(request, ChooseForm)
    await choose(request.app[DEPS], admin, FloorGroup(_group_in(request), form.pod))
    return see_other(PAGE, said="floor")


@routes.post("/admin/floor/{group}/remove")
@contract("admin", media_type=HTML)
async def post_floor_removal(request: web.Request) -> web.Response:
    """Have the group decide no longer."""
    admin = admin_of(request)
    await read_form(request, NoForm)
    await let_go(request.app[DEPS], admin, _group_in(request))
    return see_other(PAGE, said="unfloored")


def _group_in(request: web.Request) -> RecordId:
    return parse_id(request.match_info["group"])


async def _refused(request: web.Request, form: FloorForm, refusal: RefusedError, status: HTTPStatus) -> web.Response:
    return await _show(request, form, status, **told(request, refusal))


async def _show(
    request: web.Request, form: FloorForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    say = say_of(request)
    lines = tuple(_line(say, one) for one in await read_floor(request.app[DEPS], admin_of(request)))
    view = FloorView(form, lines, **tabs(request, PAGE))
    return render(request, "admin/floor.html", msgspec.structs.replace(view, **more), status)


def _line(say: Translator, one: FloorLine) -> FloorLineView:
    lacking = ""
    if not one.here:
        lacking = say("It isn't here yet: until it is, what it would hide is shown.")
        lacking += " " + (
            say("It is asked for at %(pod)s.", pod=one.pod)
            if one.pod
            else say(
                "This pod doesn't know where to ask for it: write its page's address into pod.toml, not its id alone."
            )
        )
    return FloorLineView(
        one.name or one.group,
        f"{PAGE}/{one.group}" if one.name is not None else "",
        say("from pod.toml") if one.configured else "",
        lacking,
        "" if one.configured else f"{PAGE}/{one.group}/remove",
    )


def _effects(say: Translator, found: FloorPreview) -> list[str]:
    effect = found.effect
    told = [
        say.many(
            "Of %(count)s post on this pod it hides %(hidden)s.",
            "Of %(count)s posts on this pod it hides %(hidden)s.",
            effect.posts,
            hidden=say.number(effect.hidden),
        ),
        say.many(
            "It votes %(count)s paragraph below 0: that one is hidden, too.",
            "It votes %(count)s paragraphs below 0: these are hidden, too.",
            effect.paragraphs,
        ),
    ]
    if found.lacking > 0:
        told.append(
            say.many(
                "%(count)s of its records hasn't come yet: with it this may change.",
                "%(count)s of its records haven't come yet: with them this may change.",
                found.lacking,
            )
        )
    return told


def _warning(say: Translator, found: FloorPreview) -> str:
    if found.default_score > 0:
        return ""
    return say(
        "Its default score isn't above 0: it hides everything that its members don't vote for, new posts at once."
    )
