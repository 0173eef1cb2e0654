"""API: a person recovers by the phrase; the pod uses it and forgets it, and no answer or log repeats it."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pod.actions.recovery.known_groups import RecoveryWhereabouts
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_group import Recovery, recover_group, sign_recovery
from pod.actions.recovery.recover_person import Recovered, add_recovery_keys, recover
from pod.api import recovery_shapes as shapes
from pod.api.callers import account_of, answer, convert, group_of, object_of, wish_of
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.requests import address_of
from protocol.limits import MAX_ITEM_BYTES
from protocol.records.envelope import open_record

routes = web.RouteTableDef()
MOST_BYTES = 2 * MAX_ITEM_BYTES  # a draft comes with the phrase


@routes.post("/api/v1/recoveries")
@contract("anybody", body=shapes.RecoveryWish, answer=Recovered, status=HTTPStatus.CREATED)
async def post_recovery(request: web.Request) -> web.Response:
    """Make this pod the home of the person who has the phrase."""
    deps, wish = request.app[DEPS], await wish_of(request, shapes.RecoveryWish)
    keys = RecoveryKeys(wish.phrase)
    # Anybody can make 24 words that fit, and each such wish has this pod ask others.
    await deps.store.limits.take("recovery of an address", address_of(request), now=deps.clock())
    groups = [RecoveryWhereabouts(entry.group, entry.pod.rstrip("/"), entry.recovery) for entry in wish.groups]
    return answer(await recover(deps, wish.name, keys, groups), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/recoveries")
@contract("account", body=shapes.GroupRecoveryWish, answer=Recovery, status=HTTPStatus.CREATED)
async def post_group_recovery(request: web.Request) -> web.Response:
    """Recover a group whose keepers' pods are gone, or sign the draft of such a recovery (answered with 200)."""
    deps, group, account = request.app[DEPS], group_of(request), await account_of(request)
    wish = convert(await object_of(request, most=MOST_BYTES), shapes.GroupRecoveryWish)
    keys = RecoveryKeys(wish.phrase)
    if wish.handover is not None:
        return answer(await sign_recovery(deps, account, group, keys, open_record(wish.handover)))
    keepers = list(wish.keepers) if wish.keepers is not None else None
    return answer(await recover_group(deps, account, group, keys, keepers), HTTPStatus.CREATED)


@routes.post("/api/v1/me/recovery-keys")
@contract("account", body=shapes.PhraseWish, answer=shapes.KeysLeft, status=HTTPStatus.CREATED)
async def post_recovery_keys(request: web.Request) -> web.Response:
    """Derive the account's next 64 recovery keys."""
    account, wish = await account_of(request), await wish_of(request, shapes.PhraseWish)
    left = await add_recovery_keys(request.app[DEPS], account, RecoveryKeys(wish.phrase))
    return answer(shapes.KeysLeft(left), HTTPStatus.CREATED)
