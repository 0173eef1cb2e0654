"""One form for all buttons of a post's page: each says what to do to what, and leads back to where it was pressed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from aiohttp import web

from models.accounts import Account
from pod.actions.acting import cast_vote, delete_paragraph, hide, mute_author, restore_paragraph
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.deps import Deps
from pod.web.forms import read_form, see_other
from pod.web.reading.places import Place, anchor_of, place_of, reply_anchor, target_in
from pod.web.visitors import account_of
from protocol.errors import MalformedError
from protocol.ids import parse_id
from protocol.records.content import ParagraphTarget, PostTarget

routes = web.RouteTableDef()
Target = PostTarget | ParagraphTarget
Act = Callable[[Deps, Account, Place, Target], Awaitable[None]]


class ActForm(msgspec.Struct, frozen=True):
    """A pressed button: `<what>:<target>`, the page to come back to, and the group in which a vote counts."""

    act: str = ""
    back: str = ""
    bench: str = ""


@routes.post("/g/{group}/posts/{post}/acts")
@contract(media_type=HTML)
async def post_act(request: web.Request) -> web.Response:
    """Do what a button of a post's page says."""
    account, place = account_of(request), place_of(request)
    form = await read_form(request, ActForm)
    name, _, named = form.act.partition(":")
    if name not in ACTS:
        raise MalformedError("There is no such button.")
    act, said = ACTS[name]
    target = target_in(named)
    bench = msgspec.structs.replace(place, group=parse_id(form.bench)) if name in VOTES and form.bench else place
    await act(request.app[DEPS], account, bench, target)
    return see_other(_back(form.back, place, target), said=said)


def _back(back: str, place: Place, target: Target) -> str:
    """The page that the form was on, where the button was."""
    page = back.partition("#")[0] or place.path
    if isinstance(target, ParagraphTarget):
        return f"{page}#{anchor_of(target.paragraph)}"
    return page if target.post == place.post else f"{page}#{reply_anchor(target.post)}"


async def _vote(value: int, deps: Deps, account: Account, place: Place, target: Target) -> None:
    await cast_vote(deps, account, place.group, target, value)


async def _hide(deps: Deps, account: Account, _place: Place, target: Target, *, hidden: bool) -> None:
    await hide(deps, account, target, hidden=hidden)


async def _mute(deps: Deps, account: Account, place: Place, target: Target, *, muted: bool) -> None:
    if not isinstance(target, PostTarget):
        raise MalformedError("Muted is whoever wrote a post.")
    await mute_author(deps, account, place.group, target.post, muted=muted)


async def _delete(deps: Deps, account: Account, place: Place, target: Target) -> None:
    await delete_paragraph(deps, account, place.group, place.post, _paragraph(target).paragraph)


async def _restore(deps: Deps, account: Account, place: Place, target: Target) -> None:
    await restore_paragraph(deps, account, place.group, place.post, _paragraph(target).paragraph)


def _paragraph(target: Target) -> ParagraphTarget:
    if isinstance(target, ParagraphTarget):
        return target
    raise MalformedError("This is done to a paragraph.")


VOTES: Final = frozenset({"up", "down", "none"})
ACTS: Final[Mapping[str, tuple[Act, str]]] = {
    "up": (partial(_vote, 1000), "voted"),
    "down": (partial(_vote, -1000), "voted"),
    "none": (partial(_vote, 0), "withdrawn"),
    "hide": (partial(_hide, hidden=True), "hidden"),
    "unhide": (partial(_hide, hidden=False), "unhidden"),
    "mute": (partial(_mute, muted=True), "hidden"),
    "unmute": (partial(_mute, muted=False), "unhidden"),
    "delete": (_delete, "saved"),
    "restore": (_restore, "saved"),
}
