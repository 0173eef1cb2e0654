"""Which servers somebody lets read their account, since when and how lately; a press ends it."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from models.moving.grants import Grant
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.grants import list_own_grants, revoke_own_grant
from pod.actions.moving.standing_copies import DAY_MS
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.grants import GrantRule
from pod.translations import Translator
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of
from pod.web.moving.wording import named_classes

routes = web.RouteTableDef()
LATE_MS: Final = 2 * DAY_MS


class GrantLine(msgspec.Struct, frozen=True):
    """A server that may read; `ends` is empty for one that may until it is revoked: a second home.

    `late`: for how many days a second home hasn't asked.
    """

    id: str
    host: str
    classes: tuple[str, ...]
    private: bool
    since: str
    used: str
    ends: str
    paused: bool
    late: int


class GrantsView(msgspec.Struct, frozen=True):
    """All servers that may read."""

    grants: tuple[GrantLine, ...]


class RevokeForm(msgspec.Struct, frozen=True):
    """Which one ends."""

    grant: str = ""


@routes.get("/settings/grants")
@contract("account", media_type=HTML)
async def get_grants(request: web.Request) -> web.Response:
    """Which servers may read one's account."""
    deps, say = request.app[DEPS], say_of(request)
    grants, now = await list_own_grants(deps, account_of(request)), deps.clock()
    return render(request, "moving/grants.html", GrantsView(tuple(_line(say, grant, now) for grant in grants)))


@routes.post("/settings/grants/revoke")
@contract("account", media_type=HTML)
async def post_revoke_grant(request: web.Request) -> web.Response:
    """End a server's permission."""
    account, form = account_of(request), await read_form(request, RevokeForm)
    try:
        ended = bytes.fromhex(form.grant)
    except ValueError as error:
        raise GrantRule.NO_SUCH_GRANT.error() from error
    await revoke_own_grant(request.app[DEPS], account, ended)
    return see_other("/settings/grants", said="revoked")


def _line(say: Translator, grant: Grant, now: int) -> GrantLine:
    behind = now - (grant.used_at or grant.made_at)
    return GrantLine(
        grant.sha256.hex(),
        host_in(grant.pod),
        named_classes(say, grant.classes),
        grant.private,
        say.day(grant.made_at),
        say.time(grant.used_at) if grant.used_at is not None else "",
        say.day(grant.expires_at) if grant.expires_at is not None else "",
        grant.paused_at is not None,
        behind // DAY_MS if grant.expires_at is None and behind >= LATE_MS else 0,
    )
