"""The list of polls that a person is writing; nobody else finds them."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from pod.actions.decisions.poll_drafts import MOST_DRAFTS, drop_draft, list_drafts
from pod.actions.decisions.typed_polls import TypedPoll
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()
PATH: Final = "/me/drafts"


class DraftLine(msgspec.Struct, frozen=True):
    """A draft; without an address its group can't be read any more."""

    id: str
    title: str
    group: str
    saved: str
    href: str


class DraftsView(msgspec.Struct, frozen=True):
    """The page."""

    drafts: tuple[DraftLine, ...]
    most: str


class DropForm(msgspec.Struct, frozen=True):
    """The draft to delete."""

    draft: str = ""


@routes.get(PATH)
@contract("account", media_type=HTML)
async def get_drafts(request: web.Request) -> web.Response:
    """The polls that one is writing."""
    found, say = await list_drafts(request.app[DEPS], account_of(request)), say_of(request)
    lines = tuple(
        DraftLine(
            one.id,
            msgspec.json.decode(one.said, type=TypedPoll).title or say("Without a question yet"),
            one.group_name or say("A group that you can't read any more"),
            say.moment(one.saved_at),
            f"/g/{one.group}/polls/new/{one.id}/question" if one.group_name else "",
        )
        for one in found
    )
    most = say("This server keeps up to %(most)s drafts for you.", most=say.number(MOST_DRAFTS))
    return render(request, "asking/drafts.html", DraftsView(lines, most), private=True)


@routes.post(PATH)
@contract("account", media_type=HTML)
async def post_drafts(request: web.Request) -> web.Response:
    """Delete a draft."""
    form = await read_form(request, DropForm)
    await drop_draft(request.app[DEPS], account_of(request), form.draft)
    return see_other(PATH, said="draft-deleted")
