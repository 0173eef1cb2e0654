"""What a person asks about themselves."""

from __future__ import annotations

from aiohttp import web

from models.accounts import count_recovery_keys, list_memberships
from pod.api.asking import account_of, answer
from pod.app_keys import DEPS
from protocol.limits import FEW_RECOVERY_KEYS

routes = web.RouteTableDef()
MOST = 1000


@routes.get("/api/v1/me")
async def get_me(request: web.Request) -> web.Response:
    """The account behind the token, with its memberships."""
    account = await account_of(request)
    async with request.app[DEPS].database.read() as session:
        memberships = await list_memberships(session, MOST, account=account.id)
        left = await count_recovery_keys(session, account.id)
    groups = [{"group": entry.group_id, "number": entry.number, "state": entry.state} for entry in memberships]
    told = {"name": account.name, "personal_group": account.personal_group, "memberships": groups}
    return answer({**told, "recovery_keys_left": left, "recovery_keys_few": left < FEW_RECOVERY_KEYS})


@routes.get("/healthz")
async def get_health(request: web.Request) -> web.Response:
    """Whether the pod answers and its database does."""
    async with request.app[DEPS].database.read() as session:
        await list_memberships(session, 1)
    return answer({"status": "ok"})
