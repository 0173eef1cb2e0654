"""Home: visitors read what this pod is and which groups it has; people at home read what is new to them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from aiohttp import web

from models.people.accounts import Account
from pod.actions.reading.person.home import HomeSight, load_front, load_home
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.post_rows import PostLineView, home_row
from pod.web.group.wording import host_of
from pod.web.kit.lens_bar import combine_of, combine_options
from pod.web.kit.queries import before_of, with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from protocol.visibility import Combine

routes = web.RouteTableDef()
ON_A_PAGE = 40
GROUPS_SHOWN = 30


class GroupCard(msgspec.Struct, frozen=True):
    """A group in a list, with a line about it."""

    href: str
    name: str
    line: str


class FrontView(msgspec.Struct, frozen=True):
    """What a visitor finds."""

    name: str
    description: tuple[str, ...]
    groups: tuple[GroupCard, ...]
    closed: bool


class HomeView(msgspec.Struct, frozen=True):
    """What somebody at home finds. `steps` stand where nothing is to be read yet.

    `combine`: how the moderators that choose may be joined, empty where there aren't several.
    """

    rows: tuple[PostLineView, ...]
    lens: str
    hidden: str
    show: str
    hide: str
    pending: tuple[tuple[str, str], ...]
    steps: bool
    older: str
    combine: tuple[tuple[str, str, bool], ...] = ()


@routes.get("/")
@contract(media_type=HTML)
@held
async def get_home(request: web.Request) -> web.Response:
    """What this pod is and its public groups; for people who are signed in, what is new in their groups."""
    account = reader_of(request)
    if account is None:
        return render(request, "person/front.html", await _front(request))
    return render(request, "person/home.html", await _home(request, account))


async def _front(request: web.Request) -> FrontView:
    deps, say = request.app[DEPS], say_of(request)
    seen = await load_front(deps, GROUPS_SHOWN)
    cards = [
        GroupCard(f"/g/{group.group}", group.name, activity_line(say, seen.members.get(group.group, 0), group.last_at))
        for group in seen.groups
    ]
    settings = seen.settings
    described = tuple(part.strip() for part in settings.description.split("\n\n") if part.strip())
    return FrontView(
        settings.name or host_of(deps.identity.base_url), described, tuple(cards), settings.registration == "closed"
    )


def activity_line(say: Translator, members: int, last_at: int) -> str:
    """How many belong to a group, and when something was written there."""
    count = say.many("%(count)s member", "%(count)s members", members)
    return say("%(members)s · last post %(day)s", members=count, day=say.day(last_at)) if last_at else count


async def _home(request: web.Request, account: Account) -> HomeView:
    deps, say, before, combine = request.app[DEPS], say_of(request), before_of(request), combine_of(request)
    everything = request.query.get("show") == "all"
    seen = await load_home(deps, account, combine, before=before, limit=ON_A_PAGE)
    own = {(entry.group_id, entry.number) for entry in seen.memberships}
    rows = [
        home_row(say, line, seen.names)
        for line in seen.posts
        if everything or not line.layer or (line.group, line.author) in own
    ]
    hidden = sum(bool(line.layer) for line in seen.posts)
    choice = [("combine", str(combine))] if combine is not Combine.ANY else []
    kept = choice + ([("before", str(before))] if before is not None else [])
    following = [*choice, ("before", str(seen.next))] + ([("show", "all")] if everything else [])
    return HomeView(
        rows=tuple(rows),
        lens=_lens_sentences(say, seen),
        hidden=say.many("%(count)s hidden", "%(count)s hidden", hidden) if hidden else "",
        show="" if everything else with_query("/", [*kept, ("show", "all")]),
        hide=with_query("/", kept) if everything else "",
        pending=_pending(say, seen),
        steps=not seen.posts and before is None,
        older="" if seen.next is None else with_query("/", following),
        combine=combine_options(say, combine) if seen.choosing > 1 else (),
    )


def _lens_sentences(say: Translator, seen: HomeSight) -> str:
    said = [say("Each post is judged by its own group.")]
    if hiding := len(seen.moderators.defaults) - seen.choosing:
        said.append(
            say.many(
                "Of what that shows, %(count)s group that you chose hides what it votes against.",
                "Of what that shows, each of %(count)s groups that you chose hides what it votes against.",
                hiding,
            )
        )
    if seen.choosing:
        said.append(
            say.many(
                "You see only what %(count)s group that you chose shows, too.",
                "You see only what %(count)s groups that you chose show, too.",
                seen.choosing,
            )
        )
    if seen.unheard:
        said.append(
            say.many(
                "%(count)s more group that you chose isn't asked: only the latest are.",
                "%(count)s more groups that you chose aren't asked: only the latest are.",
                seen.unheard,
            )
        )
    return " ".join(said)


def _pending(say: Translator, seen: HomeSight) -> tuple[tuple[str, str], ...]:
    asked: Sequence[str] = [entry.group_id for entry in seen.memberships if entry.state == "asked"]
    text = say("Your request to join is on its way")
    due = ((say("Check that you have your 24 words: nobody else can bring your account back."), "/settings/words"),)
    kit = ((say("Make a recovery kit: it tells another pod where your groups are."), "/settings/kit"),)
    first = (*(due if seen.phrase_check_due else ()), *(kit if seen.kit_due else ()))
    return (*first, *((text, f"/g/{group}") for group in asked))
