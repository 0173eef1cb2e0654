"""Recovery over HTTP: the phrase comes in a request, is used, and forgotten; no answer and no log repeats it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web

from pod.actions.recovering import Whereabouts, add_recovery_keys, recover
from pod.actions.recovery_handovers import recover_group, sign_recovery
from pod.actions.recovery_phrase import RecoveryKeys
from pod.api.asking import account_of, answer, group_of, object_of
from pod.app_keys import DEPS
from protocol.errors import MalformedError
from protocol.ids import parse_id
from protocol.limits import MAX_ITEM_BYTES, MAX_URL_LENGTH
from protocol.records.envelope import open_record

routes = web.RouteTableDef()
MOST_BYTES = 2 * MAX_ITEM_BYTES  # a draft comes with the phrase
MOST_GROUPS = 100


@routes.post("/api/v1/recoveries")
async def post_recovery(request: web.Request) -> web.Response:
    """Make this pod the home of whoever has the phrase: {name, phrase, groups: [{group, pod}]}."""
    body = await object_of(request, most=MOST_BYTES)
    name = body.get("name")
    if not isinstance(name, str):
        raise MalformedError("A recovery needs the `name` that the account has here.")
    keys, groups = RecoveryKeys(body.get("phrase")), parse_groups(body.get("groups", []))
    return answer(await recover(request.app[DEPS], name, keys, groups), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/recoveries")
async def post_group_recovery(request: web.Request) -> web.Response:
    """Recover a group whose keepers' pods are gone: {phrase, keepers?}, or sign a draft: {phrase, handover}."""
    deps, group, account = request.app[DEPS], group_of(request), await account_of(request)
    body = await object_of(request, most=MOST_BYTES)
    keys = RecoveryKeys(body.get("phrase"))
    if "handover" in body:
        return answer(await sign_recovery(deps, account, group, keys, open_record(body["handover"])))
    return answer(await recover_group(deps, account, group, keys, _keepers(body.get("keepers"))), HTTPStatus.CREATED)


@routes.post("/api/v1/me/recovery-keys")
async def post_recovery_keys(request: web.Request) -> web.Response:
    """Derive the account's next 64 recovery keys: {phrase}."""
    account, body = await account_of(request), await object_of(request, most=MOST_BYTES)
    left = await add_recovery_keys(request.app[DEPS], account, RecoveryKeys(body.get("phrase")))
    return answer({"recovery_keys_left": left}, HTTPStatus.CREATED)


def parse_groups(value: object) -> list[Whereabouts]:
    """The groups that a kit names; raises MalformedError."""
    if not isinstance(value, list) or len(value) > MOST_GROUPS:
        raise MalformedError(f"`groups` must be a list of at most {MOST_GROUPS}.")
    return [_whereabouts(entry) for entry in value]


def _whereabouts(entry: Any) -> Whereabouts:
    match entry:
        case {"group": group, "pod": str(pod)} if len(pod) <= MAX_URL_LENGTH:
            return Whereabouts(parse_id(group), pod.rstrip("/"))
    raise MalformedError("Each of `groups` needs `group`, an id, and `pod`, the URL of a pod that holds it.")


def _keepers(value: object) -> list[int] | None:
    if value is None or (isinstance(value, list) and all(type(entry) is int for entry in value)):
        return value
    raise MalformedError("`keepers` must be a list of member numbers.")
