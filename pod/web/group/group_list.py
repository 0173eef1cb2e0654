"""The list of groups: the reader's own, the public ones of this pod by name, and those that the reader follows."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.people.accounts import Account
from pod.actions.reading.group.groups import GroupLine, list_groups
from pod.actions.reading.person.follows import FollowedLine, list_followed
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.kit.queries import with_query
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import account_of, reader_of, say_of
from pod.web.person.home import GroupCard
from protocol.errors import RefusedError
from protocol.ids import parse_id

routes = web.RouteTableDef()
LONGEST_ADDRESS: Final = 500
ON_A_PAGE = 100


class GroupsView(msgspec.Struct, frozen=True):
    """One's own groups (first page only) and the public ones of this pod."""

    own: tuple[GroupCard, ...]
    public: tuple[GroupCard, ...]
    older: str
    signed_in: bool


class FollowRow(msgspec.Struct, frozen=True):
    """Something followed; `lens` is (wish, text) of its button."""

    group: str
    name: str
    href: str
    note: str
    lens: tuple[str, str]
    is_lens: bool


class FollowsView(msgspec.Struct, frozen=True):
    """What one follows, and a field for more; `typed` is what was refused by `problem`."""

    rows: tuple[FollowRow, ...]
    typed: str
    problem: RefusalView | None


@routes.get("/groups")
@contract(media_type=HTML)
@held
async def get_groups_page(request: web.Request) -> web.Response:
    """One's own groups, and the public ones of this pod by name."""
    say, reader, after = say_of(request), reader_of(request), request.query.get("after")
    cursor = parse_id(after) if after else None
    page = await list_groups(request.app[DEPS], reader, after=cursor, limit=ON_A_PAGE, language=say.language)
    view = GroupsView(
        own=tuple(_card(say, line) for line in page.own),
        public=tuple(_card(say, line) for line in page.groups),
        older=with_query("/groups", [("after", page.next)]) if page.next else "",
        signed_in=reader is not None,
    )
    return render(request, "group/groups.html", view)


def _card(say: Translator, line: GroupLine) -> GroupCard:
    told = {"private": say("private"), "unlisted": say("unlisted")}.get(line.visibility, "")
    return GroupCard(f"/g/{line.group}", line.name, told)


@routes.get("/follows")
@contract("account", media_type=HTML)
async def get_follows(request: web.Request) -> web.Response:
    """What one follows, which of it is one's lens, and a field to follow more."""
    return await show_follows(request, account_of(request), typed=request.query.get("group", "")[:LONGEST_ADDRESS])


async def show_follows(
    request: web.Request,
    account: Account,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    typed: str = "",
) -> web.Response:
    """The page, with what was refused if anything was."""
    say = say_of(request)
    lines = await list_followed(request.app[DEPS], account, say.language)
    rows = tuple(_followed(say, line) for line in lines)
    problem = problem_of(say, refusal) if refusal else None
    return render(request, "group/follows.html", FollowsView(rows, typed, problem), status)


def _followed(say: Translator, line: FollowedLine) -> FollowRow:
    lens = ("unlens", say("No longer my lens")) if line.lens else ("lens", say("Use as lens"))
    kind = say("person") if line.kind == "person" else say("group")
    name = line.name or say("A group that you may not read any more")
    return FollowRow(line.group, name, f"/g/{line.group}", kind, lens, line.lens)
