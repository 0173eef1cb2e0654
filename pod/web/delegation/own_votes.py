"""Where did my vote go: in one poll, and in all polls of one's groups."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.delegations import list_areas
from pod.actions.reading.decisions.own_votes import describe_own_vote, list_own_votes
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.decisions.poll_header import PollHeader, header_of, load_poll_page
from pod.web.delegation.vote_tree import VoteTreeView, tree_view
from pod.web.kit.queries import before_of, with_query
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()
ON_A_PAGE = 10


class OwnVoteView(msgspec.Struct, frozen=True):
    """Where one's vote goes in one poll."""

    header: PollHeader
    tree: VoteTreeView
    lists: str


class OwnVotesView(msgspec.Struct, frozen=True):
    """The same for all polls: (group, its page, the vote)."""

    votes: tuple[tuple[str, str, VoteTreeView], ...]
    older: str


@routes.get("/g/{group}/polls/{poll}/my-vote")
@contract("account", media_type=HTML)
async def get_own_vote_page(request: web.Request) -> web.Response:
    """Where one's vote goes in a poll, choice by choice: now, or as it was counted."""
    deps, say, account = request.app[DEPS], say_of(request), account_of(request)
    seen = await load_poll_page(request)
    header = header_of(say, seen, deps.clock())
    sight = await describe_own_vote(deps, account, seen.group, seen.sight.poll.id)
    tree = tree_view(say, sight, header.path, dict(await list_areas(deps, account, seen.group)), key="vote")
    lists = f"/g/{seen.group}/delegation?poll={seen.sight.poll.id}"
    return render(request, "delegation/own-vote.html", OwnVoteView(header, tree, lists))


@routes.get("/me/votes")
@contract("account", media_type=HTML)
async def get_own_votes_page(request: web.Request) -> web.Response:
    """Where one's votes go in all polls of one's groups, those opened last first."""
    deps, say, account = request.app[DEPS], say_of(request), account_of(request)
    page = await list_own_votes(deps, account, before=before_of(request), limit=ON_A_PAGE)
    votes = []
    for place, (group, name, sight) in enumerate(page.votes):
        areas = dict(await list_areas(deps, account, group))
        path = f"/g/{group}/polls/{sight.poll.id}"
        votes.append((name, f"/g/{group}", tree_view(say, sight, path, areas, key=f"vote-{place}")))
    older = with_query("/me/votes", [("before", str(page.next))]) if page.next else ""
    return render(request, "delegation/own-votes.html", OwnVotesView(tuple(votes), older))
