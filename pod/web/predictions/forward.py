"""The button that ends the present phase of a poll, for members who may do so."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.decisions.polls import forward_poll
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.visitors import signer_of
from protocol.ids import parse_id

routes = web.RouteTableDef()


class ForwardForm(msgspec.Struct, frozen=True):
    """A button without fields."""


@routes.post("/g/{group}/polls/{poll}/forward")
@contract("account", media_type=HTML)
async def post_forward_form(request: web.Request) -> web.Response:
    """End the present phase as soon as the steward seals the wish."""
    await read_form(request, ForwardForm)
    deps, signer = request.app[DEPS], signer_of(request)
    group, poll = parse_id(request.match_info["group"]), parse_id(request.match_info["poll"])
    await deps.store.write(lambda session: forward_poll(session, deps, signer, group, poll))
    return see_other(f"/g/{group}/polls/{poll}", said="asked")
