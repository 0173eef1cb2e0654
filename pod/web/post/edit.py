"""Editing a paragraph of somebody's post: another version beside the old one, or new paragraphs below it."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import cast

import msgspec
from aiohttp import web
from markupsafe import Markup

from moderation.diffs import diff_words
from pod.actions.posts.posts import (
    DELETED,
    add_paragraphs,
    check_paragraphs,
    describe_versions,
    paragraph_at,
    replace_paragraph,
    version_name,
)
from pod.actions.reading.group.page_facts import GroupSummary, describe_summary
from pod.actions.reading.post.story import describe_answers_in
from pod.actions.reading.post.text import VisiblePost, describe_reading
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.errors import StaleEditError
from pod.rules.posts import PostRule
from pod.translations import Translator
from pod.web.kit.forms import Verbatim, act_or_show, read_form, see_other
from pod.web.kit.once import numbered
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from pod.web.post.links import Link, PostLinks, address_of, anchor_of, links_of
from pod.web.post.plain_text import paragraphs_of
from pod.web.post.replies import PieceView, pieces_of
from pod.web.post.wording import STYLES, marked, style_name
from protocol.content import Text, member_writer
from protocol.errors import RefusedError
from protocol.records.content import Address, Paragraph
from protocol.records.content.shapes import Style

routes = web.RouteTableDef()
EDIT = "/g/{group}/posts/{post}/paragraphs/{record}/{index}/edit"
ADD = "/g/{group}/posts/{post}/paragraphs/{record}/{index}/add"


class EditForm(msgspec.Struct, frozen=True):
    """A paragraph as it is edited; `seen` names the versions there were when the form was made."""

    style: str = ""
    text: Verbatim = ""
    seen: str = ""
    do: str = ""


class AddForm(msgspec.Struct, frozen=True):
    """Paragraphs as they are typed."""

    text: Verbatim = ""
    do: str = ""


class EditView(msgspec.Struct, frozen=True):
    """The page on which a paragraph is edited. `meanwhile`: versions that came since the form was made, with diffs."""

    title: str
    sentence: str
    action: str
    back: Link
    problem: RefusalView | None
    form: EditForm | AddForm
    seen: str
    styles: tuple[tuple[str, str], ...]
    old: PieceView
    meanwhile: tuple[Markup, ...]
    changes: Markup | None
    preview: tuple[PieceView, ...]


@routes.get(EDIT)
@contract("account", media_type=HTML)
@numbered
async def get_edit(request: web.Request) -> web.Response:
    """Edit a paragraph, or suggest an edit of somebody else's."""
    return await _show_edit(request, None)


@routes.post(EDIT)
@contract("account", media_type=HTML)
async def post_edit(request: web.Request) -> web.Response:
    """Write the other version; one that came meanwhile is shown first, with what differs."""
    account_of(request)
    form = await read_form(request, EditForm)
    return await act_or_show(partial(_edit, request, form), partial(_show_edit, request, form))


@routes.get(ADD)
@contract("account", media_type=HTML)
@numbered
async def get_add(request: web.Request) -> web.Response:
    """Write paragraphs below one of a post."""
    return await _show_add(request, AddForm())


@routes.post(ADD)
@contract("account", media_type=HTML)
async def post_add(request: web.Request) -> web.Response:
    """Add them."""
    account_of(request)
    form = await read_form(request, AddForm)
    return await act_or_show(partial(_add, request, form), partial(_show_add, request, form))


async def _edit(request: web.Request, form: EditForm) -> web.Response:
    links, address = links_of(request), address_of(request)
    if form.style not in STYLES:
        raise PostRule.NO_SUCH_STYLE.error()
    paragraph = Paragraph(cast("Style", form.style), form.text)
    if form.do == "preview":
        check_paragraphs([paragraph])
        return await _show_edit(request, form)
    deps, signer, into = request.app[DEPS], signer_of(request), (await _written_in(request, links)).group
    record = await replace_paragraph(
        deps, signer, links.group, links.post, address, paragraph, seen=form.seen, into=into
    )
    return see_other(links.to(mode="wiki", anchor=anchor_of(Address(record, 0))), said="suggested")


async def _add(request: web.Request, form: AddForm) -> web.Response:
    links, address, paragraphs = links_of(request), address_of(request), paragraphs_of(form.text)
    if form.do == "preview":
        check_paragraphs(paragraphs)
        return await _show_add(request, form)
    deps, signer, into = request.app[DEPS], signer_of(request), (await _written_in(request, links)).group
    record = await add_paragraphs(deps, signer, links.group, links.post, address, paragraphs, into=into)
    return see_other(links.to(mode="wiki", anchor=anchor_of(Address(record, 0))), said="suggested")


class _Desk(msgspec.Struct, frozen=True):
    """What the page of an edit is made of; it is written in `into`."""

    links: PostLinks
    reading: VisiblePost
    old: Paragraph
    into: GroupSummary

    def sentence(self, say: Translator, told: str) -> str:
        """What becomes of it, and in which group it stands if that isn't the post's."""
        if self.into.group == self.links.group:
            return told
        return f"{told} {say('Your edit is written in %(group)s, through which you look.', group=self.into.name)}"


async def _written_in(request: web.Request, links: PostLinks) -> GroupSummary:
    """The post's group for its members, else the one that is looked through, if the post appears there."""
    deps, reader = request.app[DEPS], account_of(request)
    into = await describe_answers_in(deps, reader, links.group, links.post, links.lens)
    if into is None:
        raise (await describe_summary(deps, reader, links.group)).no_writer()
    return into


async def _load(request: web.Request) -> _Desk:
    links = links_of(request)
    reading = await describe_reading(request.app[DEPS], account_of(request), links.group, links.post)
    into = await _written_in(request, links)
    paragraph = paragraph_at(reading.text, address_of(request))
    if reading.words(address_of(request)) is None:
        raise PostRule.PARAGRAPH_NOT_SHOWN.error()
    return _Desk(links, reading, paragraph, into)


async def _show_edit(
    request: web.Request, form: EditForm | None, refusal: RefusedError | None = None, status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    desk = await _load(request)
    links, reading, old = desk.links, desk.reading, desk.old
    say, address, text = say_of(request), address_of(request), reading.text
    mine = text.writer_of(address) == text.writer == member_writer(links.group, reading.summary.member or 0)
    changed = form is not None and form.text != old.text
    deps, account = request.app[DEPS], account_of(request)
    view = EditView(
        title=say("Edit a paragraph") if mine else say("Suggest an edit"),
        sentence=say("The new version is shown at once; the old one stays in the history.")
        if mine
        else desk.sentence(
            say, say("Your version stands beside this one; the votes of each group decide which is shown there.")
        ),
        action=links.paragraph_path(address, "edit"),
        back=Link(reading.card.title or say("The post"), links.to(mode="wiki", anchor=anchor_of(address))),
        problem=problem_of(say, refusal) if refusal else None,
        form=form or EditForm(old.style, old.text),
        seen=await describe_versions(deps, account, links.group, links.post, address, desk.into.group),
        styles=tuple((style, style_name(say, style)) for style in STYLES),
        old=pieces_of([old])[0],
        meanwhile=_meanwhile(text, address, form) if isinstance(refusal, StaleEditError) and form else (),
        changes=marked(diff_words(old.text, form.text)) if form and changed else None,
        preview=(),
    )
    return render(request, "post/edit.html", view, status)


def _meanwhile(text: Text, address: Address, form: EditForm) -> tuple[Markup, ...]:
    """What would be changed in each version that the form didn't know, if the typed text replaced it."""
    known = form.seen.replace(DELETED, "").split()
    fresh = [at for at in text.slots.get(address, ()) if version_name(at) not in known]
    return tuple(marked(diff_words(found.text, form.text)) for at in fresh if (found := text.paragraph(at)) is not None)


async def _show_add(
    request: web.Request, form: AddForm, refusal: RefusedError | None = None, status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    desk = await _load(request)
    links, reading, old = desk.links, desk.reading, desk.old
    say, address = say_of(request), address_of(request)
    view = EditView(
        title=say("Add below"),
        sentence=desk.sentence(
            say, say("What a post's own author adds is shown at once; what others add, once votes are for it.")
        ),
        action=links.paragraph_path(address, "add"),
        back=Link(reading.card.title or say("The post"), links.to(mode="wiki", anchor=anchor_of(address))),
        problem=problem_of(say, refusal) if refusal else None,
        form=form,
        seen="",
        styles=(),
        old=pieces_of([old])[0],
        meanwhile=(),
        changes=None,
        preview=pieces_of(paragraphs_of(form.text)),
    )
    return render(request, "post/edit.html", view, status)
