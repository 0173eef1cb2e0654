"""API: what a group's polls begin with, for those who may start one; templates go from group to group as JSON."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.decisions.poll_templates import PollTemplate, drop_template, keep_template, list_poll_templates
from pod.api import shapes
from pod.api.callers import account_of, answer, group_of, wish_of
from pod.app_keys import DEPS
from pod.contracts import contract

routes = web.RouteTableDef()


class PollTemplates(msgspec.Struct, frozen=True):
    """A group's templates by name."""

    templates: tuple[PollTemplate, ...]


@routes.get("/api/v1/groups/{group}/poll-templates")
@contract("account", answer=PollTemplates)
async def get_poll_templates(request: web.Request) -> web.Response:
    """What the group's polls begin with."""
    account = await account_of(request)
    return answer(PollTemplates(await list_poll_templates(request.app[DEPS], account, group_of(request))))


@routes.post("/api/v1/groups/{group}/poll-templates")
@contract("account", body=PollTemplate, answer=PollTemplate, status=HTTPStatus.CREATED)
async def post_poll_template(request: web.Request) -> web.Response:
    """Keep a template in place of one of the same name."""
    account, template = await account_of(request), await wish_of(request, PollTemplate)
    await keep_template(request.app[DEPS], account, group_of(request), template)
    return answer(template, HTTPStatus.CREATED)


@routes.delete("/api/v1/groups/{group}/poll-templates/{template}")
@contract("account", answer=shapes.Nothing)
async def delete_poll_template(request: web.Request) -> web.Response:
    """Delete a template by its name."""
    account = await account_of(request)
    await drop_template(request.app[DEPS], account, group_of(request), request.match_info["template"])
    return answer(shapes.Nothing())
