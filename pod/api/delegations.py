"""API: whom a member's vote follows, where it goes in a poll, who offers to be followed, and what they did."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from pod.actions.decisions.delegations import declare, delegate
from pod.actions.posts.records import submit
from pod.actions.reading.decisions.delegates import DelegatePage, DelegateSight, describe_delegate, list_delegates
from pod.actions.reading.decisions.delegations import (
    OwnDelegations,
    OwnList,
    describe_own_delegations,
    look_at_list,
)
from pod.actions.reading.decisions.own_votes import OwnVotes, VotePathSight, describe_own_vote, list_own_votes
from pod.api.callers import (
    account_of,
    answer,
    group_of,
    id_of,
    members_of,
    path_number_of,
    query_of,
    reader_of,
    signer_of,
)
from pod.app_keys import DEPS
from pod.contracts import contract
from protocol.ids import RecordId
from protocol.records.content import Delegation
from protocol.records.content.shapes import Id, Name, Natural, Number
from protocol.records.drafts import Draft

routes = web.RouteTableDef()
Delegates = Annotated[tuple[Number, ...], Meta(description="Member numbers by rank, at most five.")]


class DelegationWish(msgspec.Struct, frozen=True):
    """A list for an area, a poll, or (with neither) the group; an empty one says that the vote follows nobody there."""

    delegates: Delegates
    area: Name | None = None
    poll: Id | None = None
    expires: Natural | None = None
    named: bool = False


class DelegateWish(msgspec.Struct, frozen=True):
    """Whether the member is a delegate, what they say for themselves, and in which areas; none: in all."""

    declared: bool
    statement: str = ""
    areas: tuple[Name, ...] = ()


class DelegationWritten(msgspec.Struct, frozen=True):
    """The record that was written, and what the list means."""

    record: RecordId
    list: OwnList


class DelegatesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which area, and where the list goes on: after this number."""

    area: str = ""
    after: Natural = 0
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class RecordQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a delegate's track record goes on: below this place."""

    below: Natural | None = None


class OwnVotesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the list of votes goes on: with polls opened before this time (ms)."""

    before: Natural | None = None
    limit: Annotated[int, Meta(ge=1, le=20)] = 10


@routes.get("/api/v1/groups/{group}/delegations")
@contract("account", answer=OwnDelegations)
async def get_delegations(request: web.Request) -> web.Response:
    """The asker's lists in the group, scope by scope, with what each means now."""
    account = await account_of(request)
    return answer(await describe_own_delegations(request.app[DEPS], account, group_of(request)))


@routes.put("/api/v1/groups/{group}/delegations")
@contract("account", body=DelegationWish, answer=DelegationWritten)
async def put_delegation(request: web.Request) -> web.Response:
    """Say whom one's vote follows in a scope; warnings of loops and dead names refuse nothing."""
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    members: dict[str, Any] = await members_of(request, DelegationWish)
    record = await submit(deps, delegate, signer, group, Draft("Delegation", members))
    assert isinstance(record.content, Delegation)
    meaning = await look_at_list(deps, signer.account, group, record.content)
    return answer(DelegationWritten(record.id, msgspec.structs.replace(meaning, record=record.id)))


@routes.get("/api/v1/groups/{group}/delegates")
@contract("reader", query=DelegatesQuery, answer=DelegatePage)
async def get_delegates(request: web.Request) -> web.Response:
    """The declared delegates by number: how many follow them, how often they voted; for members also how alike."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    query = query_of(request, DelegatesQuery)
    return answer(await list_delegates(deps, reader, group, area=query.area, after=query.after, limit=query.limit))


@routes.get("/api/v1/groups/{group}/delegates/{number}")
@contract("reader", query=RecordQuery, answer=DelegateSight)
async def get_delegate(request: web.Request) -> web.Response:
    """A delegate with the record of all polls since they first declared; it stays when they resign."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    number, query = path_number_of(request, "number"), query_of(request, RecordQuery)
    return answer(await describe_delegate(deps, reader, group, number, below=query.below))


@routes.put("/api/v1/groups/{group}/delegate")
@contract("account", body=DelegateWish, answer=DelegateSight, status=HTTPStatus.OK)
async def put_delegate(request: web.Request) -> web.Response:
    """Declare to be a delegate, or resign."""
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    record = await submit(deps, declare, signer, group, Draft("Delegate", await members_of(request, DelegateWish)))
    number = int(record.body["author"])
    return answer(await describe_delegate(deps, signer.account, group, number, below=None))


@routes.get("/api/v1/groups/{group}/polls/{poll}/my-vote")
@contract("account", answer=VotePathSight)
async def get_own_vote(request: web.Request) -> web.Response:
    """Where the asker's vote goes in a poll, choice by choice: now, or as it was counted."""
    account = await account_of(request)
    return answer(await describe_own_vote(request.app[DEPS], account, group_of(request), id_of(request, "poll")))


@routes.get("/api/v1/me/votes")
@contract("account", query=OwnVotesQuery, answer=OwnVotes)
async def get_own_votes(request: web.Request) -> web.Response:
    """The same in all polls of the asker's groups, the latest opened first."""
    account, query = await account_of(request), query_of(request, OwnVotesQuery)
    return answer(await list_own_votes(request.app[DEPS], account, before=query.before, limit=query.limit))
