"""Buttons by which a person follows an area, a delegate or a poll of a group, for their digest."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from models.decisions.decision_subscriptions import DecisionSubscription
from pod.actions.decisions.subscriptions import SubscriptionKind, subscribe
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.visitors import account_of
from protocol.ids import parse_id
from protocol.limits import MAX_NAME_LENGTH

routes = web.RouteTableDef()


class FollowDecisionForm(msgspec.Struct, frozen=True):
    """What is wished; `back`: the page of this pod to go on to, the board if there is none."""

    kind: SubscriptionKind = "area"
    what: Annotated[str, Meta(max_length=MAX_NAME_LENGTH)] = ""
    wish: Literal["follow", "unfollow"] = "follow"
    back: str = ""


@routes.post("/g/{group}/polls/follow")
@contract("account", media_type=HTML)
async def post_follow(request: web.Request) -> web.Response:
    """Follow something of the group's decisions, or stop."""
    form, group = await read_form(request, FollowDecisionForm), parse_id(request.match_info["group"])
    wish = DecisionSubscription(group, form.kind, form.what)
    follows = form.wish == "follow"
    await subscribe(request.app[DEPS], account_of(request), wish, follows=follows)
    return see_other(form.back or f"/g/{group}/polls", said="followed" if follows else "unfollowed")
