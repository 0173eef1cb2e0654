"""A person writes posts and answers as plain text, with a preview; a refused form keeps what they typed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from aiohttp import web
from babel import Locale

from pod.actions.posts.posts import WrittenPost, check_paragraphs, publish
from pod.actions.reading.group.page_facts import GroupSummary, describe_summary
from pod.actions.reading.post.story import describe_answers_in
from pod.actions.reading.post.text import VisiblePost, describe_reading
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.kit.forms import Verbatim, act_or_show, read_form, see_other
from pod.web.kit.once import numbered
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from pod.web.post.links import LONGEST_INDEX, Link, PostLinks, address_in, anchor_of, links_of, reply_anchor
from pod.web.post.plain_text import paragraphs_of
from pod.web.post.replies import PieceView, pieces_of
from pod.web.post.wording import TAGS, language_of
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.records.content import Address, Paragraph

routes = web.RouteTableDef()
LANGUAGES: Final = (
    "sv",
    "en",
    "nb",
    "da",
    "fi",
    "is",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "pl",
    "uk",
    "ar",
    "fa",
    "so",
)


class WriteForm(msgspec.Struct, frozen=True):
    """A post as it is typed; `subject` is the public name that it answers, `do` asks for a preview."""

    text: Verbatim = ""
    title: str = ""
    language: str = ""
    kind: Literal["article", "note"] = "article"
    subject: str = ""
    do: str = ""


class ReplyForm(msgspec.Struct, frozen=True):
    """An answer to a post, or to the paragraph `record`.`index` of it."""

    text: Verbatim = ""
    language: str = ""
    record: str = ""
    index: str = ""
    do: str = ""


class WriteView(msgspec.Struct, frozen=True):
    """The page on which one writes. `preview` is what the text would be; `quoted` what is answered."""

    title: str
    action: str
    back: Link
    problem: RefusalView | None
    form: WriteForm | ReplyForm
    whole: bool
    kinds: tuple[tuple[str, str], ...]
    languages: tuple[tuple[str, str], ...]
    preview: tuple[PieceView, ...]
    preview_language: str
    quoted: tuple[PieceView, ...]


@routes.get("/g/{group}/write")
@contract("account", media_type=HTML)
@numbered
async def get_write(request: web.Request) -> web.Response:
    """Write a post in a group, or an answer to a subject."""
    form = WriteForm(language=say_of(request).language, subject=request.query.get("subject", ""))
    return await _show_write(request, await _summary(request), form)


@routes.post("/g/{group}/write")
@contract("account", media_type=HTML)
async def post_write(request: web.Request) -> web.Response:
    """Publish it, or show what it would look like."""
    summary, form = await _summary(request), await read_form(request, WriteForm)
    return await act_or_show(partial(_write, request, summary, form), partial(_show_write, request, summary, form))


@routes.post("/g/{group}/posts/{post}/reply")
@contract("account", media_type=HTML)
async def post_reply(request: web.Request) -> web.Response:
    """Publish an answer to a post or paragraph, or show what it would look like."""
    account_of(request)
    links, form = links_of(request), await read_form(request, ReplyForm)
    return await act_or_show(partial(_reply, request, links, form), partial(_show_reply, request, links, form))


async def _write(request: web.Request, summary: GroupSummary, form: WriteForm) -> web.Response:
    paragraphs = paragraphs_of(form.text)
    if form.do == "preview":
        check_paragraphs(paragraphs)
        return await _show_write(request, summary, form, preview=pieces_of(paragraphs))
    written = WrittenPost(form.kind, paragraphs, form.title, form.language, subject=form.subject)
    post = await publish(request.app[DEPS], signer_of(request), summary.group, written)
    return see_other(
        f"/g/{summary.group}/posts/{post}", said=await told_of_new(request, summary.group, post, "written")
    )


async def _reply(request: web.Request, links: PostLinks, form: ReplyForm) -> web.Response:
    paragraphs, about = paragraphs_of(form.text), _about(links, form)
    if form.do == "preview":
        check_paragraphs(paragraphs)
        return await _show_reply(request, links, form, preview=pieces_of(paragraphs))
    index = about.index if isinstance(about, Address) else None
    record = about.record if isinstance(about, Address) else about
    written = WrittenPost("note", paragraphs, language=form.language, about=record, index=index)
    deps, signer = request.app[DEPS], signer_of(request)
    answers_in = await describe_answers_in(deps, signer.account, links.group, links.post, links.lens)
    group = answers_in.group if answers_in else links.group
    answer = await publish(deps, signer, group, written)
    return see_other(_after_reply(links, about, answer), said=await told_of_new(request, group, answer, "replied"))


async def told_of_new(request: web.Request, group: RecordId, post: RecordId, what: str) -> str:
    """What is told of a new post: that it is there, and whether others see it."""
    reading = await describe_reading(request.app[DEPS], account_of(request), group, post)
    return what if reading.verdict.shown else f"{what}-hidden"


def _after_reply(links: PostLinks, about: Address | RecordId, answer: RecordId) -> str:
    if isinstance(about, Address):
        return links.here(thread=f"{about.record}.{about.index}", anchor=anchor_of(about))
    return links.here(anchor=reply_anchor(answer))


def _about(links: PostLinks, form: ReplyForm) -> Address | RecordId:
    if not form.record:
        return links.post
    return address_in(f"{form.record}.{form.index}")


async def _summary(request: web.Request) -> GroupSummary:
    summary = await describe_summary(request.app[DEPS], account_of(request), parse_id(request.match_info["group"]))
    if not summary.writes:
        raise summary.no_writer()
    return summary


async def _show_write(
    request: web.Request,
    summary: GroupSummary,
    form: WriteForm,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    preview: Sequence[PieceView] = (),
) -> web.Response:
    say = say_of(request)
    view = WriteView(
        title=say("Write in %(group)s", group=summary.name),
        action=f"/g/{summary.group}/write",
        back=Link(summary.name, f"/g/{summary.group}"),
        problem=problem_of(say, refusal) if refusal else None,
        form=form,
        whole=True,
        kinds=(("article", say("An article, with a title")), ("note", say("A note"))),
        languages=language_choices(say, form.language),
        preview=tuple(preview),
        preview_language=language_of(form.language),
        quoted=(),
    )
    return render(request, "post/write.html", view, status)


async def _show_reply(
    request: web.Request,
    links: PostLinks,
    form: ReplyForm,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    preview: Sequence[PieceView] = (),
) -> web.Response:
    say = say_of(request)
    reading = await describe_reading(request.app[DEPS], account_of(request), links.group, links.post)
    found = _quoted(reading, form)
    view = WriteView(
        title=say("Answer"),
        action=links.to("reply"),
        back=Link(reading.card.title or say("The post"), links.to()),
        problem=problem_of(say, refusal) if refusal else None,
        form=form,
        whole=False,
        kinds=(),
        languages=language_choices(say, form.language),
        preview=tuple(preview),
        preview_language=language_of(form.language),
        quoted=(PieceView(TAGS.get(found.style, "p"), found.style, found.text),) if found else (),
    )
    return render(request, "post/write.html", view, status)


def _quoted(reading: VisiblePost, form: ReplyForm) -> Paragraph | None:
    """The paragraph that a comment is about, if it is one of the text and this pod shows it."""
    sheet = next((sheet for sheet in reading.text.sheets.values() if sheet.id == form.record), None)
    index = int(form.index) if sheet and form.index.isdecimal() and len(form.index) <= LONGEST_INDEX else -1
    if sheet is None or not 0 <= index < len(sheet.paragraphs):
        return None
    return sheet.paragraphs[index] if reading.words(Address(sheet.id, index)) is not None else None


def language_choices(say: Translator, chosen: str) -> tuple[tuple[str, str], ...]:
    """Languages to write in, each called what its speakers call it; what was chosen is among them."""
    own = [(code, (Locale.parse(code).get_language_name(code) or code).capitalize()) for code in LANGUAGES]
    other = [(chosen, chosen)] if chosen and chosen not in LANGUAGES else []
    return (("", say("not said")), *own, *other)
