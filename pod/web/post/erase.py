"""A person erases their own words, after the page has said what editing, deleting and erasing can do and cannot do."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.posts.posts import erase
from pod.actions.reading.post.erasures import Erasures, OwnRecord, describe_erasures
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from pod.web.post.history import shortened
from pod.web.post.links import Link, PostLinks, links_of
from protocol.errors import RefusedError
from protocol.ids import parse_id

routes = web.RouteTableDef()
PATH = "/g/{group}/posts/{post}/erase"


class EraseForm(msgspec.Struct, frozen=True):
    """The records that are to lose their words."""

    record: tuple[str, ...] = ()


class EraseView(msgspec.Struct, frozen=True):
    """The page. `records` are (id, what it is, chosen); `done`: what is erased, `state`: how far that is."""

    back: Link
    problem: RefusalView | None
    action: str
    records: tuple[tuple[str, str, bool], ...]
    done: tuple[str, ...]
    state: str
    keepers: tuple[str, ...]


@routes.get(PATH)
@contract("account", media_type=HTML)
async def get_erase(request: web.Request) -> web.Response:
    """What one could erase of a post, and what that means."""
    return await _show(request, EraseForm((request.match_info["post"],)))


@routes.post(PATH)
@contract("account", media_type=HTML)
async def post_erase(request: web.Request) -> web.Response:
    """Erase it: here at once, and everybody else is asked."""
    account_of(request)
    form = await read_form(request, EraseForm)
    return await act_or_show(partial(_erase, request, form), partial(_show, request, form))


async def _erase(request: web.Request, form: EraseForm) -> web.Response:
    links, signer = links_of(request), signer_of(request)
    records = [parse_id(record) for record in form.record]
    await erase(request.app[DEPS], signer, links.group, links.post, records)
    return see_other(f"{links.path}/erase", said="erased")


async def _show(
    request: web.Request, form: EraseForm, refusal: RefusedError | None = None, status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    links, say = links_of(request), say_of(request)
    found = await describe_erasures(request.app[DEPS], account_of(request), links.group, links.post)
    problem = problem_of(say, refusal) if refusal else None
    return render(request, "post/erase.html", _view(say, links, found, form, problem), status)


def _view(
    say: Translator, links: PostLinks, found: Erasures, form: EraseForm, problem: RefusalView | None
) -> EraseView:
    left = [own for own in found.own if not own.erased]
    done = [own for own in found.own if own.erased]
    return EraseView(
        back=Link(found.title or say("The post"), links.to()),
        problem=problem,
        action=f"{links.path}/erase",
        records=tuple((own.record, _name(say, own), own.record in form.record) for own in left),
        done=tuple(_name(say, own) for own in done),
        state=_state(say, found) if done else "",
        keepers=found.keepers,
    )


def _name(say: Translator, own: OwnRecord) -> str:
    what = say("the post itself") if own.whole else say("an edit")
    return f"{what}: {shortened(own.words)}" if own.words.strip() else what


def _state(say: Translator, found: Erasures) -> str:
    if found.pending:
        return say("Your request waits for its place in the group's log; the other servers are asked when it has one.")
    if found.settled:
        return say("Your request is in the group's log, and a quorum of these servers has confirmed it:")
    return say("Your request is in the group's log; these servers haven't all confirmed it yet:")
