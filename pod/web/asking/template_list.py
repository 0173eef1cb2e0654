"""A group's templates: what its polls begin with; a file takes one to another group."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from pod.actions.decisions.poll_drafts import read_draft
from pod.actions.decisions.poll_templates import (
    PollTemplate,
    drop_template,
    keep_template,
    list_poll_templates,
    read_template,
    template_in,
)
from pod.actions.decisions.typed_polls import TypedPoll
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.questions import AskingRule
from pod.web.asking.asked import AskedGroup, asked_in
from pod.web.asking.kinds import kind_name
from pod.web.asking.lengths import length_in_words
from pod.web.asking.typed_poll import from_template, template_of
from pod.web.decisions.wording import quorum_sentence
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import FILE_HEADERS, render
from pod.web.kit.visitors import account_of
from protocol.errors import RefusedError
from protocol.limits import MAX_NAME_LENGTH

routes = web.RouteTableDef()
INDENT: Final = 2


class TemplateForm(msgspec.Struct, frozen=True):
    """What is wished: `save` the settings of a draft under a name, `import` a text, or `delete` by name."""

    do: str = ""
    draft: str = ""
    name: str = ""
    text: str = ""


class TemplateLine(msgspec.Struct, frozen=True):
    """A template in words."""

    name: str
    kind: str
    lengths: str
    quorum: str


class TemplatesView(msgspec.Struct, frozen=True):
    """The page; `text`: what was typed to be imported."""

    group: str
    group_name: str
    templates: tuple[TemplateLine, ...]
    text: str
    problem: RefusalView | None


@routes.get("/g/{group}/polls/templates")
@contract("account", media_type=HTML)
async def get_template_list(request: web.Request) -> web.Response:
    """The group's templates, for those who may start a poll."""
    return await _show(request, await asked_in(request), TemplateForm())


@routes.get("/g/{group}/polls/templates.json")
@contract("account", answer=PollTemplate)
async def get_template_file(request: web.Request) -> web.Response:
    """One template as a file that another group can import; `name` says which."""
    group = (await asked_in(request)).seen.group
    template = await read_template(request.app[DEPS], account_of(request), group, request.query.get("name", ""))
    body = msgspec.json.format(msgspec.json.encode(template), indent=INDENT)
    headers = {"Content-Disposition": 'attachment; filename="poll-template.json"', **FILE_HEADERS}
    return web.Response(body=body, content_type="application/json", headers=headers)


@routes.post("/g/{group}/polls/templates")
@contract("account", media_type=HTML)
async def post_template_list(request: web.Request) -> web.Response:
    """Save, import or delete a template."""
    asked, form = await asked_in(request), await read_form(request, TemplateForm)
    return await act_or_show(partial(_act, request, asked, form), partial(_show, request, asked, form))


async def _act(request: web.Request, asked: AskedGroup, form: TemplateForm) -> web.Response:
    deps, group = request.app[DEPS], asked.seen.group
    if form.do == "delete":
        await drop_template(deps, asked.account, group, form.name)
        return see_other(f"{asked.own}/templates", said="template-deleted")
    if form.do == "import":
        template = template_in(form.text)
    else:
        if not 1 <= len(form.name) <= MAX_NAME_LENGTH:
            raise AskingRule.TEMPLATE_NAME.error(most=MAX_NAME_LENGTH)
        said = await read_draft(deps, asked.account, group, form.draft)
        template = template_of(msgspec.json.decode(said, type=TypedPoll), form.name, asked.now)
    await keep_template(deps, asked.account, group, template)
    return see_other(f"{asked.own}/templates", said="template-kept")


async def _show(
    request: web.Request,
    asked: AskedGroup,
    form: TemplateForm,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    found = await list_poll_templates(request.app[DEPS], asked.account, asked.seen.group)
    view = TemplatesView(
        group=asked.seen.group,
        group_name=asked.seen.name,
        templates=tuple(_line(asked, one) for one in found),
        text=form.text,
        problem=problem_of(asked.say, refusal) if refusal else None,
    )
    return render(request, "asking/templates.html", view, status)


def _line(asked: AskedGroup, template: PollTemplate) -> TemplateLine:
    say, poll = asked.say, from_template(TypedPoll(), template)
    lengths = template.lengths
    whole = lengths.proposals + lengths.predictions + lengths.bets + lengths.voting
    return TemplateLine(
        template.name, kind_name(say, poll.kind), length_in_words(say, whole), quorum_sentence(say, template.quorum)
    )
