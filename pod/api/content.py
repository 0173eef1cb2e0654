"""API: members write posts, patches and votes; readers get posts, scores and verdicts of a lens."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web

from pod.actions.posts import records as authoring
from pod.actions.reading.post import posts, votes
from pod.api import shapes
from pod.api.callers import answer, group_of, id_of, members_of, query_of, reader_of, signer_of
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.cursors import place_in
from protocol.records.drafts import Draft

routes = web.RouteTableDef()


@routes.get("/api/v1/groups/{group}/posts")
@contract("reader", query=shapes.PostsQuery, answer=posts.PostPage)
async def get_posts(request: web.Request) -> web.Response:
    """The group's posts in a lens, the last in its log first."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    query = query_of(request, shapes.PostsQuery)
    lens = query.lens_in(group)
    before = place_in(query.before, "before")
    return answer(await posts.list_posts(deps, reader, group, lens, before=before, limit=query.limit))


@routes.get("/api/v1/groups/{group}/posts/{post}")
@contract("reader", query=shapes.PostQuery, answer=posts.PostSight)
async def get_post(request: web.Request) -> web.Response:
    """A post's paragraphs in a lens, a page of them: scores, what is shown and why."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    query = query_of(request, shapes.PostQuery)
    lens, post = query.lens_in(group), id_of(request, "post")
    return answer(await posts.describe_post(deps, reader, group, post, lens, start=query.start))


@routes.get("/api/v1/groups/{group}/posts/{post}/history")
@contract("reader", query=shapes.PartQuery, answer=posts.History)
async def get_history(request: web.Request) -> web.Response:
    """What each record, the post and its patches, brought to the text, a page of them."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    start = query_of(request, shapes.PartQuery).start
    return answer(await posts.list_history(deps, reader, group, id_of(request, "post"), start=start))


@routes.get("/api/v1/groups/{group}/votes")
@contract("reader", query=shapes.VotesQuery, answer=votes.VotePage)
async def get_votes(request: web.Request) -> web.Response:
    """The votes that count on one target, by member."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    query = query_of(request, shapes.VotesQuery)
    target = shapes.read_target(query.target)
    return answer(await votes.list_votes(deps, reader, group, target, after=query.after, limit=query.limit))


@routes.get("/api/v1/groups/{group}/scores")
@contract("reader", query=shapes.TargetsQuery, answer=votes.Scores)
async def get_scores(request: web.Request) -> web.Response:
    """The scores of targets, in the order asked for; one exists for every target."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    targets = [shapes.read_target(text) for text in query_of(request, shapes.TargetsQuery).target]
    return answer(await votes.list_scores(deps, reader, group, targets))


@routes.get("/api/v1/groups/{group}/explanation")
@contract("reader", query=shapes.TargetQuery, answer=votes.Explained)
async def get_explanation(request: web.Request) -> web.Response:
    """A target's score taken apart into lines whose sum it is."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    target = shapes.read_target(query_of(request, shapes.TargetQuery).target)
    return answer(await votes.explain_score(deps, reader, group, target))


@routes.get("/api/v1/verdicts")
@contract("reader", query=shapes.VerdictsQuery, answer=votes.Verdicts)
async def get_verdicts(request: web.Request) -> web.Response:
    """What a lens, one's own hides and the pod's floor say of targets, told apart."""
    deps, reader, query = request.app[DEPS], await reader_of(request), query_of(request, shapes.VerdictsQuery)
    targets = [shapes.read_target(text) for text in query.target]
    return answer(await votes.judge_targets(deps, reader, targets, query.lens_in()))


@routes.post("/api/v1/groups/{group}/posts")
@contract("account", body=shapes.PostWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_post(request: web.Request) -> web.Response:
    """Write a post, and the author's vote for it."""
    return await _write(request, authoring.write_post, "Post", shapes.PostWish)


@routes.post("/api/v1/groups/{group}/patches")
@contract("account", body=shapes.PatchWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_patch(request: web.Request) -> web.Response:
    """Add paragraphs to a post, or mark its paragraphs as deleted or replaced."""
    return await _write(request, authoring.write_record, "Patch", shapes.PatchWish)


@routes.post("/api/v1/groups/{group}/votes")
@contract("account", body=shapes.VoteWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_vote(request: web.Request) -> web.Response:
    """Vote on a target; the last vote counts."""
    return await _write(request, authoring.write_record, "Vote", shapes.VoteWish)


@routes.post("/api/v1/groups/{group}/operations")
@contract("account", body=shapes.OperationWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_operation(request: web.Request) -> web.Response:
    """Wish to change the group; sealed by the steward if the rules allow it."""
    return await _write(request, authoring.write_record, "Operation", shapes.OperationWish)


@routes.post("/api/v1/groups/{group}/records")
@contract("account", body=shapes.RecordWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_record(request: web.Request) -> web.Response:
    """Write any other record of a member: profile, claim, erasure, or a type of tomorrow."""
    return await _write(request, authoring.write_record, None, shapes.RecordWish)


async def _write(request: web.Request, write: authoring.Write, type_name: str | None, shape: Any) -> web.Response:
    """Sign what the body says, members that this version doesn't know among it; `type_name` None: the body says it."""
    group, signer = group_of(request), await signer_of(request)
    members = await members_of(request, shape)
    said = Draft(type_name or members["type"], members)
    record = await authoring.submit(request.app[DEPS], write, signer, group, said)
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)
