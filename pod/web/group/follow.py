"""A person follows a group or stops; `back` is the page that they return to."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Literal

import msgspec
from aiohttp import web

from models.people.accounts import Account
from pod.actions.groups.pasted_links import resolve
from pod.actions.groups.subscriptions import bring_here, change_following
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.group.group_list import show_follows
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.visitors import account_of
from protocol.errors import RefusedError

routes = web.RouteTableDef()
SAID = {"follow": "followed", "unfollow": "unfollowed", "lens": "saved", "unlens": "saved"}


class FollowForm(msgspec.Struct, frozen=True):
    """What to follow: a group's id, or an address that a person pasted."""

    group: str = ""
    back: str = "/"
    wish: Literal["follow", "unfollow", "lens", "unlens"] = "follow"


@routes.post("/follows")
@contract("account", media_type=HTML)
async def post_follows(request: web.Request) -> web.Response:
    """Follow a group or a person, from here or from any pod; stop; have it judge what one reads."""
    form, account = await read_form(request, FollowForm), account_of(request)

    async def show(refusal: RefusedError, status: HTTPStatus) -> web.Response:
        return await show_follows(request, account, refusal, status, form.group)

    return await act_or_show(partial(_follow, request, form, account), show)


async def _follow(request: web.Request, form: FollowForm, account: Account) -> web.Response:
    deps = request.app[DEPS]
    group = await bring_here(deps, await resolve(deps, form.group))
    await change_following(deps, account, group, form.wish)
    return see_other(form.back, said=SAID[form.wish])
