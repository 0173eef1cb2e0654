"""API: found, list and look at groups; invite, join, hand over."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pod.actions.groups.founding import start_group
from pod.actions.groups.membership import Offer, offer_here
from pod.actions.handover.propose import hand_over
from pod.actions.posts import records as authoring
from pod.actions.reading.group import groups as reading
from pod.actions.signer import Person
from pod.actions.sync.pull import fetch_group, pull_if_readable
from pod.actions.sync.remote_lists import Pass
from pod.api import shapes
from pod.api.callers import (
    account_of,
    answer,
    group_of,
    members_of,
    path_number_of,
    query_of,
    reader_of,
    signer_of,
    wish_of,
)
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.deps import Deps
from protocol.keys import PrivateKey
from protocol.records.drafts import Draft
from protocol.records.envelope import Record

routes = web.RouteTableDef()


@routes.get("/api/v1/groups")
@contract(query=shapes.GroupsQuery, answer=reading.GroupPage)
async def get_groups(request: web.Request) -> web.Response:
    """The public groups of this pod, by name; with a token also one's own, of any visibility."""
    query, reader = query_of(request, shapes.GroupsQuery), await reader_of(request)
    return answer(await reading.list_groups(request.app[DEPS], reader, after=query.after, limit=query.limit))


@routes.get("/api/v1/groups/{group}")
@contract("reader", answer=reading.GroupSight)
async def get_group(request: web.Request) -> web.Response:
    """The group as this pod sees it: head, anchor, state hash, log, members, and what is held against its steward."""
    return answer(await reading.describe_group(request.app[DEPS], group_of(request), await reader_of(request)))


@routes.get("/api/v1/groups/{group}/members")
@contract("reader", query=shapes.PageQuery, answer=reading.MemberPage)
async def get_members(request: web.Request) -> web.Response:
    """Members by number, with their profiles."""
    deps, query, reader = request.app[DEPS], query_of(request, shapes.PageQuery), await reader_of(request)
    return answer(await reading.list_members(deps, reader, group_of(request), after=query.after, limit=query.limit))


@routes.get("/api/v1/groups/{group}/members/{number}")
@contract("reader", answer=reading.MemberSight)
async def get_member(request: web.Request) -> web.Response:
    """One member with the profile."""
    deps, number, reader = request.app[DEPS], path_number_of(request, "number"), await reader_of(request)
    return answer(await reading.describe_member(deps, reader, group_of(request), number))


@routes.post("/api/v1/groups")
@contract("account", body=shapes.GroupWish, answer=shapes.Founded, status=HTTPStatus.CREATED)
async def post_group(request: web.Request) -> web.Response:
    """Found a group; the body's members are those of the root."""
    signer, wishes = await signer_of(request), await members_of(request, shapes.GroupWish)
    group = await start_group(request.app[DEPS], signer, wishes)
    return answer(shapes.Founded(group), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/invitations")
@contract("account", body=shapes.InvitationWish, answer=shapes.Invited, status=HTTPStatus.CREATED)
async def post_invitation(request: web.Request) -> web.Response:
    """Sign an invitation for the key `to`, which the asker drew; its seed never comes here."""
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    invitation = await authoring.invite(
        deps, signer, group, Draft("Invitation", await members_of(request, shapes.InvitationWish))
    )
    return answer(shapes.Invited(group, deps.identity.base_url, invitation), HTTPStatus.CREATED)


@routes.get("/api/v1/invitations/{to}")
@contract(answer=Offer)
async def get_invitation(request: web.Request) -> web.Response:
    """The invitation that was made here for the key `to`, which only holders of its link know."""
    return answer(await offer_here(request.app[DEPS], request.match_info["to"]))


@routes.post("/api/v1/joins")
@contract("account", body=shapes.JoinWish, answer=shapes.Written, status=HTTPStatus.ACCEPTED)
async def post_join(request: web.Request) -> web.Response:
    """Ask to join a group; the number comes with the seal."""
    deps, signer, wish = request.app[DEPS], await signer_of(request), await wish_of(request, shapes.JoinWish)
    return answer(shapes.Written((await _join(deps, signer, wish)).id), HTTPStatus.ACCEPTED)


async def _join(deps: Deps, signer: Person, wish: shapes.JoinWish) -> Record:
    link = PrivateKey.from_seed(bytes.fromhex(wish.secret)) if wish.secret else None
    if wish.pod != deps.identity.base_url:
        shown = Pass(link, wish.invitation) if link else None
        await fetch_group(deps, wish.pod, wish.group, shown)
    return await authoring.join(deps, signer, wish.group, wish.invitation, link, identity=wish.identity)


@routes.post("/api/v1/groups/{group}/handovers")
@contract("account", body=shapes.HandoverWish, answer=shapes.HandedOver, status=HTTPStatus.CREATED)
async def post_handover(request: web.Request) -> web.Response:
    """Make this pod the steward, with `keepers` (member numbers) anew if they are named. A keeper's right."""
    deps, group, account = request.app[DEPS], group_of(request), await account_of(request)
    wish = await wish_of(request, shapes.HandoverWish)
    await authoring.check_keeper(deps, account, group)
    record = await hand_over(deps, group, wish.keepers)
    return answer(shapes.HandedOver(record.id), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/pulls")
@contract("account", body=shapes.PullWish, answer=shapes.Nothing)
async def post_pull(request: web.Request) -> web.Response:
    """Pull the group from a pod now."""
    deps, group = request.app[DEPS], group_of(request)
    account, wish = await account_of(request), await wish_of(request, shapes.PullWish)
    await pull_if_readable(deps, account, wish.pod, group)
    return answer(shapes.Nothing())
