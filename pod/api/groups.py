"""Groups over HTTP: what peers pull, and what people with a token ask and write."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web

from models.accounts import Account
from pod.actions import authoring, reading, serving
from pod.actions.founding import start_group
from pod.actions.handing_over import hand_over, sign_handover
from pod.actions.syncing import fetch_group
from pod.api.asking import account_of, answer, body_of, group_of, number_of, object_of
from pod.app_keys import DEPS
from pod.deps import Deps
from protocol.errors import MalformedError
from protocol.ids import parse_id
from protocol.keys import PrivateKey
from protocol.limits import MAX_ITEM_BYTES
from protocol.records.envelope import Record, open_record

routes = web.RouteTableDef()


@routes.get("/groups/{group}/chain")
async def get_chain(request: web.Request) -> web.Response:
    """Items from a height with the acks of these heights."""
    return answer(await serving.chain_page(request.app[DEPS], group_of(request), number_of(request, "from")))


@routes.get("/groups/{group}/log")
async def get_log(request: web.Request) -> web.Response:
    """The log's records from an index, in the steward's order."""
    return answer(await serving.log_page(request.app[DEPS], group_of(request), number_of(request, "from")))


@routes.get("/groups/{group}/pending")
async def get_pending(request: web.Request) -> web.Response:
    """What this pod accepted and the log lacks, after a cursor."""
    return answer(await serving.pending_page(request.app[DEPS], group_of(request), number_of(request, "from")))


@routes.get("/api/v1/groups/{group}")
async def get_group(request: web.Request) -> web.Response:
    """The group as this pod sees it."""
    return answer(await reading.describe_group(request.app[DEPS], group_of(request)))


@routes.get("/api/v1/groups/{group}/posts")
async def get_posts(request: web.Request) -> web.Response:
    """The group's posts."""
    return answer({"posts": await reading.list_posts(request.app[DEPS], group_of(request))})


@routes.get("/api/v1/groups/{group}/posts/{post}")
async def get_post(request: web.Request) -> web.Response:
    """A post's text and scores."""
    post = parse_id(request.match_info["post"])
    return answer(await reading.describe_post(request.app[DEPS], group_of(request), post))


@routes.post("/api/v1/groups")
async def post_group(request: web.Request) -> web.Response:
    """Found a group; the body's members are those of the root."""
    account, wishes = await account_of(request), await body_of(request)
    return answer({"group": await start_group(request.app[DEPS], account, wishes)}, HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/posts")
async def post_post(request: web.Request) -> web.Response:
    """Write a post, and the author's vote for it."""
    return await _write(request, authoring.write_post)


@routes.post("/api/v1/groups/{group}/votes")
async def post_vote(request: web.Request) -> web.Response:
    """Vote on a target."""
    return await _write(request, authoring.write_vote)


@routes.post("/api/v1/groups/{group}/records")
async def post_record(request: web.Request) -> web.Response:
    """Write any other record of a member: patch, profile, operation, or a type of tomorrow."""
    return await _write(request, authoring.write_record)


async def _write(request: web.Request, write: authoring.Write) -> web.Response:
    group, account, body = group_of(request), await account_of(request), await body_of(request)
    record = await authoring.submit(request.app[DEPS], write, account, group, body)
    return answer({"record": record.id}, HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/invitations")
async def post_invitation(request: web.Request) -> web.Response:
    """Sign an invitation for the key `to`, which the asker drew; its seed never comes here."""
    deps, group, account = request.app[DEPS], group_of(request), await account_of(request)
    invitation = await authoring.invite(deps, account, group, await body_of(request))
    return answer({"group": group, "pod": deps.base_url, "invitation": invitation}, HTTPStatus.CREATED)


@routes.post("/api/v1/joins")
async def post_join(request: web.Request) -> web.Response:
    """Ask to join a group: {group, pod, invitation?, secret?} (secret: the link key's seed, hex)."""
    deps, account, body = request.app[DEPS], await account_of(request), await body_of(request)
    return answer({"record": (await _join(deps, account, body)).id}, HTTPStatus.ACCEPTED)


async def _join(deps: Deps, account: Account, body: dict[str, Any]) -> Record:
    group = parse_id(body.get("group"))
    pod, secret, invitation = body.get("pod"), body.get("secret"), body.get("invitation")
    if not isinstance(pod, str) or not isinstance(secret, str | None) or not isinstance(invitation, dict | None):
        raise MalformedError("A join needs `group` and `pod`; `invitation` is an object, `secret` hex digits.")
    try:
        link = PrivateKey.from_seed(bytes.fromhex(secret)) if secret else None
    except ValueError as error:
        raise MalformedError("`secret` must be 64 hex digits.") from error
    if pod != deps.base_url:
        await fetch_group(deps, pod, group)
    return await authoring.join(deps, account, group, invitation, link)


@routes.post("/groups/{group}/handovers")
async def post_handover_to_sign(request: web.Request) -> web.Response:
    """A keeper's pod asks this pod's seat to sign a handover; it is signed by its proposer."""
    record = open_record(await object_of(request, most=2 * MAX_ITEM_BYTES))
    return answer({"proof": await sign_handover(request.app[DEPS], group_of(request), record)})


@routes.post("/api/v1/groups/{group}/handovers")
async def post_handover(request: web.Request) -> web.Response:
    """Make this pod the steward, with `keepers` (member numbers) anew if they are named."""
    deps, group, account = request.app[DEPS], group_of(request), await account_of(request)
    keepers = (await body_of(request)).get("keepers")
    if not (keepers is None or (isinstance(keepers, list) and all(type(entry) is int for entry in keepers))):
        raise MalformedError("`keepers` must be a list of member numbers.")
    await authoring.check_keeper(deps, account, group)
    record = await hand_over(deps, group, keepers)
    return answer({"item": record.id}, HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/pulls")
async def post_pull(request: web.Request) -> web.Response:
    """Pull the group from a pod now, known here or not: {pod}."""
    deps, group = request.app[DEPS], group_of(request)
    await account_of(request)
    pod = (await body_of(request)).get("pod")
    if not isinstance(pod, str):
        raise MalformedError("`pod` must be a URL.")
    await fetch_group(deps, pod, group)
    return answer({})
