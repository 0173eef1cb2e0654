"""A person's page with what they wrote and a button to follow them; and the news of people at home here."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from pod.actions import notifications, record_kinds
from pod.actions.fediverse.actor_documents import handle_host
from pod.actions.fediverse.moved import find_new_place
from pod.actions.reading.person.profile import NewsLine, describe_person, list_told, see_news
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.post_rows import PostLineView, written_row
from pod.web.group.wording import member_name
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.leads_elsewhere import onward, told_place
from pod.web.kit.queries import before_of, place_before, with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import account_of, reader_of, say_of

routes = web.RouteTableDef()
POSTS_ON_A_PAGE: Final = 30
NEWS_ON_A_PAGE: Final = 50


class PersonView(msgspec.Struct, frozen=True):
    """A person. `follow` is (wish, text) of the button, for other people who are signed in.

    `moved`: handle and address on the server to which they went.
    """

    name: str
    handle: str
    group: str
    text: str
    since: str
    follow: tuple[str, str]
    mine: bool
    claims: tuple[tuple[str, str], ...]
    rows: tuple[PostLineView, ...]
    older: str
    alternate: str
    moved: tuple[str, str]


class NewsRow(msgspec.Struct, frozen=True):
    """Something that one is told of; `fresh`: it wasn't seen yet."""

    text: str
    href: str
    origin: str
    at: str
    fresh: bool


class NewsView(msgspec.Struct, frozen=True):
    """What one is told of, the latest first."""

    rows: tuple[NewsRow, ...]
    older: str
    fresh: bool
    newest: int


class SeenForm(msgspec.Struct, frozen=True):
    """The newest that was on the page."""

    newest: int = 0


@routes.get("/@{name}")
@contract(media_type=HTML)
@held
async def get_person_page(request: web.Request) -> web.Response:
    """Somebody at home here: profile, claimed memberships, posts."""
    deps, say, reader = request.app[DEPS], say_of(request), reader_of(request)
    name = request.match_info["name"]
    seen = await describe_person(deps, reader, name, before=place_before(request), limit=POSTS_ON_A_PAGE)
    there = await find_new_place(deps, seen.name)
    if there is not None and reader is None:
        return onward(there.page)
    wish = ("follow", say("Follow")) if seen.following is None else ("unfollow", say("Unfollow"))
    mine = reader is not None and reader.personal_group == seen.group
    view = PersonView(
        name=seen.nickname or seen.name,
        handle=f"@{seen.name}@{handle_host(deps)}",
        group=seen.group,
        text=seen.text,
        since=say("here since %(day)s", day=say.day(seen.created_at)),
        follow=wish if reader is not None and not mine else ("", ""),
        mine=mine,
        claims=tuple((claim.name, f"/g/{claim.group}/members/{claim.member}") for claim in seen.claims),
        rows=tuple(written_row(say, card, seen.nickname or seen.name) for card in seen.posts),
        older="" if seen.next is None else with_query(f"/@{seen.name}", [("before", str(seen.next))]),
        alternate=f"/u/{seen.name}",
        moved=told_place(there),
    )
    return render(request, "person/person.html", view)


@routes.get("/notifications")
@contract("account", media_type=HTML)
async def get_notifications(request: web.Request) -> web.Response:
    """The news of the signed-in person, the latest first."""
    account, say = account_of(request), say_of(request)
    page = await list_told(request.app[DEPS], account, before=before_of(request), limit=NEWS_ON_A_PAGE)
    rows = tuple(_news(say, line) for line in page.lines)
    older = with_query("/notifications", [("before", str(page.next))]) if page.next else ""
    newest = page.lines[0].news.id if page.lines else 0
    view = NewsView(rows, older, any(row.fresh for row in rows), newest)
    return render(request, "person/news.html", view, private=True)


_PLACES: Final = {
    notifications.HANDOVER: "/keepers",
    notifications.PROPOSED: "/proposals",
    notifications.WEIGHED: "/members",
    notifications.STANDS: "/polls",
    notifications.LATE: "/polls",
}


def _news(say: Translator, line: NewsLine) -> NewsRow:
    news = line.news
    who = member_name(say, news.author, line.nickname)
    told = {
        record_kinds.REPLY: say("%(who)s answered you", who=who),
        record_kinds.EDIT: say("%(who)s suggested an edit of your post", who=who),
        record_kinds.REPOSTED: say("Your post was reposted in %(group)s", group=line.group_name),
        record_kinds.VOTED: say("%(who)s gave a reason for a vote on what you wrote", who=who),
        notifications.JOINED: say("You are a member now"),
        notifications.INVITED: say("%(who)s joined by your invitation", who=who),
        notifications.VOID: say("A change that you asked for can't be made: the group's rules don't allow it any more"),
        notifications.PROPOSED: say("%(who)s proposed a change and asks for your signature", who=who),
        notifications.LAPSED: say("Your proposal has expired: too few members signed it"),
        notifications.DECIDED: say("A vote or delegation was signed in your name. Was it you?"),
        notifications.WEIGHED: say("%(who)s gave you another weight", who=who),
        notifications.STANDS: say("Your proposal stands: members can choose it when they vote"),
        notifications.LATE: say("Your proposal came too late: members can't choose it in this poll"),
        notifications.HANDOVER: say("The steward is silent, and too few keepers signed a handover"),
    }
    href = f"/g/{news.group_id}"
    if news.kind in _PLACES:
        href += _PLACES[news.kind]
    elif news.kind == notifications.DECIDED:
        href = "/settings/not-me"
    elif news.kind == notifications.INVITED:
        href += f"/members/{news.author}"
    elif line.pod:
        href = with_query("/follows", [("group", f"{line.pod}/g/{news.group_id}")])
    elif news.post_id is not None and line.own_group not in (None, news.group_id):
        href = f"/g/{line.own_group}/posts/{news.post_id}?lens={news.group_id}"
    elif news.post_id is not None:
        href += f"/posts/{news.post_id}"
    return NewsRow(told.get(news.kind, news.kind), href, line.group_name, say.moment(news.at), not news.seen)


@routes.post("/notifications")
@contract("account", media_type=HTML)
async def post_notifications(request: web.Request) -> web.Response:
    """All of it was seen."""
    form = await read_form(request, SeenForm)
    await see_news(request.app[DEPS], account_of(request), form.newest)
    return see_other("/notifications")
