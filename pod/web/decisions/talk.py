"""The page on which people talk about a poll, its proposals and its predictions, each in a thread of its own."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.posts.posts import WrittenPost, publish
from pod.actions.reading.decisions.talk import TalkSight, parts_of, read_talk
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.cursors import place_in
from pod.translations import Translator
from pod.web.decisions.phase_tabs import Tab, phase_tabs
from pod.web.decisions.poll_header import PollHeader, header_of
from pod.web.decisions.wording import option_name
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import Verbatim, act_or_show, read_form, see_other
from pod.web.kit.lens_bar import lens_of, with_query
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, reader_of, say_of, signer_of
from pod.web.post.links import PostLinks, reply_anchor, sign_in_to
from pod.web.post.plain_text import paragraphs_of
from pod.web.post.replies import ReplyView, reply_views
from pod.web.post.write import told_of_new
from protocol.ids import RecordId, parse_id

routes = web.RouteTableDef()


class CommentForm(msgspec.Struct, frozen=True):
    """A comment on the poll, or on the proposal or prediction `about`."""

    text: Verbatim = ""
    about: str = ""


class Thread(msgspec.Struct, frozen=True):
    """Something that can be commented: what it is called, where its comments are, how many, whether it is open here."""

    name: str
    href: str
    count: str
    here: bool


class TalkView(FormView, frozen=True):
    """The comments on one thing, which `called` names. `sign_in`: where a stranger goes to comment."""

    header: PollHeader
    tabs: tuple[Tab, ...]
    called: str
    threads: tuple[Thread, ...]
    comments: tuple[ReplyView, ...]
    more: str
    writes: bool
    sign_in: str
    about: str
    text: str


@routes.get("/g/{group}/polls/{poll}/talk")
@contract("reader", media_type=HTML)
async def get_talk(request: web.Request) -> web.Response:
    """What people say about a poll, or about the proposal or prediction `about`."""
    return await _show(request, CommentForm(about=request.query.get("about", "")))


@routes.post("/g/{group}/polls/{poll}/talk")
@contract("account", media_type=HTML)
async def post_talk(request: web.Request) -> web.Response:
    """Comment on it."""
    account_of(request)
    form = await read_form(request, CommentForm)
    return await act_or_show(partial(_write, request, form), again(request, partial(_show, request, form)))


async def _write(request: web.Request, form: CommentForm) -> web.Response:
    seen = await _load(request, form)
    if not seen.summary.writes:
        raise seen.summary.no_writer()
    written = WrittenPost("note", paragraphs_of(form.text), about=seen.about)
    comment = await publish(request.app[DEPS], signer_of(request), seen.summary.group, written)
    return see_other(
        _path(seen, seen.about, reply_anchor(comment)),
        said=await told_of_new(request, seen.summary.group, comment, "replied"),
    )


async def _load(request: web.Request, form: CommentForm) -> TalkSight:
    group, poll = (parse_id(request.match_info[name]) for name in ("group", "poll"))
    about, after = parse_id(form.about) if form.about else poll, place_in(request.query.get("comments"), "comments")
    lens = lens_of(request, group)
    return await read_talk(request.app[DEPS], reader_of(request), group, poll, lens, about=about, after=after)


async def _show(
    request: web.Request, form: CommentForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    say, seen = say_of(request), await _load(request, form)
    header = header_of(say, seen.page, request.app[DEPS].clock())
    links = PostLinks(seen.summary.group, seen.about, lens_of(request, seen.summary.group))
    here = _path(seen, seen.about)
    view = TalkView(
        header=header,
        tabs=phase_tabs(say, header.path, seen.page.sight.poll.lengths, "talk"),
        called=_name(say, seen, seen.about),
        threads=_threads(say, seen),
        comments=reply_views(say, links, seen.comments, {}, writes=False),
        more=_path(seen, seen.about, comments=str(seen.next)) if seen.next else "",
        writes=seen.summary.writes,
        sign_in="" if reader_of(request) else sign_in_to(here),
        about=form.about,
        text=form.text,
    )
    return render(request, "decisions/talk.html", msgspec.structs.replace(view, **more), status)


def _threads(say: Translator, seen: TalkSight) -> tuple[Thread, ...]:
    return tuple(
        Thread(
            _name(say, seen, one),
            _path(seen, one),
            say.many("%(count)s comment", "%(count)s comments", seen.counts[one]) if one in seen.counts else "",
            one == seen.about,
        )
        for one in parts_of(seen.page)
    )


def _name(say: Translator, seen: TalkSight, part: RecordId) -> str:
    """What a part of the poll is called here."""
    sight = seen.page.sight
    if part == sight.poll.id:
        return say("The poll as a whole")
    stated = next((one for one in sight.statements if one.id == part), None)
    if stated is None:
        return say("Proposal: %(name)s", name=option_name(say, sight.poll, part))
    told = say("A statement that this pod doesn't show") if stated.withheld else stated.statement
    return say("Prediction: %(statement)s", statement=told)


def _path(seen: TalkSight, about: RecordId, anchor: str = "", **fields: str) -> str:
    poll = seen.page.sight.poll.id
    named = {**({"about": str(about)} if about != poll else {}), **fields}
    path = f"/g/{seen.summary.group}/polls/{poll}/talk"
    return with_query(path, list(named.items()), anchor)
