"""The one form behind all buttons of a post's page: a button says what to do to what, and leads back to its page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from aiohttp import web

from pod.actions.posts.votes_and_marks import cast_vote, delete_paragraph, hide, mute_author, restore_paragraph
from pod.actions.reading.group.page_facts import describe_summary
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.deps import Deps
from pod.rules.posts import PostRule
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.visitors import signer_of
from pod.web.post.links import PostLinks, anchor_of, links_of, reply_anchor, target_in
from protocol.ids import RecordId, parse_id
from protocol.records.content import Address, ParagraphTarget, PostTarget

routes = web.RouteTableDef()
Target = PostTarget | ParagraphTarget


class Pressed(msgspec.Struct, frozen=True):
    """Who pressed a button where, what it is about, and the group in which a vote counts."""

    signer: Person
    links: PostLinks
    target: Target
    bench: RecordId

    @property
    def paragraph(self) -> Address:
        """The paragraph that it is about; raises MalformedError for a post."""
        if isinstance(self.target, ParagraphTarget):
            return self.target.paragraph
        raise PostRule.PARAGRAPH_ONLY.error()


VOTED: Final = "voted"
Act = Callable[[Deps, Pressed], Awaitable[None]]


class ActForm(msgspec.Struct, frozen=True):
    """A pressed button: `<what>:<target>`, the page to come back to, and the group in which a vote counts."""

    act: str = ""
    back: str = ""
    bench: str = ""


@routes.post("/g/{group}/posts/{post}/acts")
@contract(media_type=HTML)
async def post_act(request: web.Request) -> web.Response:
    """Do what a button of a post's page says."""
    signer, links = signer_of(request), links_of(request)
    form = await read_form(request, ActForm)
    name, _, named = form.act.partition(":")
    if name not in ACTS:
        raise PostRule.NO_SUCH_BUTTON.error()
    act, said = ACTS[name]
    target, bench = target_in(named), parse_id(form.bench) if form.bench else links.group
    await act(request.app[DEPS], Pressed(signer, links, target, bench))
    if said == VOTED and (await describe_summary(request.app[DEPS], signer.account, bench)).weight <= 0:
        said = "kept"
    return see_other(_back(form.back, links, target), said=said)


def _back(back: str, links: PostLinks, target: Target) -> str:
    """The page that the form was on, where the button was."""
    page = back.partition("#")[0] or links.path
    if isinstance(target, ParagraphTarget):
        return f"{page}#{anchor_of(target.paragraph)}"
    return page if target.post == links.post else f"{page}#{reply_anchor(target.post)}"


async def _vote(value: int, deps: Deps, pressed: Pressed) -> None:
    await cast_vote(deps, pressed.signer, pressed.bench, pressed.target, value)


async def _hide(deps: Deps, pressed: Pressed, *, hidden: bool) -> None:
    await hide(deps, pressed.signer, pressed.target, hidden=hidden)


async def _mute(deps: Deps, pressed: Pressed, *, muted: bool) -> None:
    if not isinstance(pressed.target, PostTarget):
        raise PostRule.MUTE_A_WRITER.error()
    await mute_author(deps, pressed.signer.account, pressed.links.group, pressed.target.post, muted=muted)


async def _delete(deps: Deps, pressed: Pressed) -> None:
    links = pressed.links
    await delete_paragraph(deps, pressed.signer, links.group, links.post, pressed.paragraph)


async def _restore(deps: Deps, pressed: Pressed) -> None:
    links = pressed.links
    await restore_paragraph(deps, pressed.signer, links.group, links.post, pressed.paragraph, bench=pressed.bench)


ACTS: Final[Mapping[str, tuple[Act, str]]] = {
    "up": (partial(_vote, 1000), VOTED),
    "down": (partial(_vote, -1000), VOTED),
    "none": (partial(_vote, 0), "withdrawn"),
    "hide": (partial(_hide, hidden=True), "hidden"),
    "unhide": (partial(_hide, hidden=False), "unhidden"),
    "mute": (partial(_mute, muted=True), "hidden"),
    "unmute": (partial(_mute, muted=False), "unhidden"),
    "delete": (_delete, "saved"),
    "restore": (_restore, "saved"),
}
