"""The wizard: six short steps in which a poll is written; each keeps what was typed, and back works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web
from markupsafe import Markup

from pod.actions.decisions.poll_drafts import begin_draft, keep_draft, publish_draft, read_draft
from pod.actions.decisions.typed_polls import TypedPoll
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.deps import Deps
from pod.rules.questions import AskingRule
from pod.translations import Translator
from pod.web.asking import areas, kinds, phases, preview, question, votes
from pod.web.asking.asked import STEPS, AskedGroup, asked_in
from pod.web.asking.beginnings import beginning_of
from pod.web.asking.typed_poll import draft_of
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.once import numbered
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError, Rule

routes = web.RouteTableDef()
NEW: Final = "new"
# At which field a refusal is told, beside the top of the page.
FIELDS: Final[Mapping[Rule, str]] = {
    AskingRule.NO_QUESTION: "title",
    AskingRule.LONG_QUESTION: "title",
    AskingRule.LONG_BACKGROUND: "text",
    AskingRule.NO_SUCH_GOAL: "goal_poll",
    AskingRule.NAMELESS_OPTION: "option",
    AskingRule.LONG_OPTION: "option",
    AskingRule.OPTION_TWICE: "option",
    AskingRule.OPTION_TIME: "option",
    AskingRule.PHASE_LENGTH: "phase",
    AskingRule.PHASE_BOUNDS: "phase",
    AskingRule.PHASE_ORDER: "phase",
    AskingRule.QUORUM_NUMBER: "percent",
}


class WizardStep(msgspec.Struct, frozen=True):
    """A step: its form, what that makes of the poll, what must be right before going on, and what it shows."""

    form: type[Any]
    typed: Callable[[TypedPoll, Any, int], TypedPoll]
    check: Callable[[Deps, AskedGroup, TypedPoll], Awaitable[None]]
    show: Callable[[Deps, AskedGroup, TypedPoll], Awaitable[Any]]


STEP: Final[Mapping[str, WizardStep]] = {
    "question": WizardStep(question.QuestionForm, question.typed_question, question.check_step, question.show_question),
    "kind": WizardStep(kinds.KindForm, kinds.typed_kind, kinds.check_step, kinds.show_kind),
    "areas": WizardStep(areas.AreasForm, areas.typed_areas, areas.check_step, areas.show_areas),
    "phases": WizardStep(phases.PhasesForm, phases.typed_phases, phases.check_step, phases.show_phases),
    "votes": WizardStep(votes.VotesForm, votes.typed_votes, votes.check_step, votes.show_votes),
    "preview": WizardStep(preview.PreviewForm, preview.typed_preview, preview.check_step, preview.show_preview),
}


class StepLink(msgspec.Struct, frozen=True):
    """A step in the bar; without an address it can't be gone to yet."""

    number: int
    title: str
    href: str
    current: bool


class WizardView(msgspec.Struct, frozen=True):
    """A step's page. `at`: the field that the problem is about; `step`: what the step itself shows.

    `draft`: empty in the first step of a poll of which nothing is kept yet.
    """

    title: str
    group: str
    draft: str
    group_name: str
    action: str
    where: str
    steps: tuple[StepLink, ...]
    back: str
    poll: TypedPoll
    step: Any
    begun: question.QuestionForm
    problem: RefusalView | None
    at: str

    def wrong(self, field: str) -> str:
        """What is wrong with a field; empty if nothing is."""
        return self.problem.sentence if self.problem and self.at == field else ""

    def described(self, number: int) -> Markup:
        """The attributes of a phase's number that point to what is wrong with it."""
        place = f"phase-{number}"
        told = Markup(' aria-invalid="true" aria-describedby="e-{}"').format(place)
        return told if self.wrong(place) else Markup("")

    @property
    def beginning(self) -> bool:
        """Whether nothing is kept yet."""
        return not self.draft

    @property
    def once(self) -> bool:
        """Whether the form makes something: a draft, or a poll."""
        return self.beginning or self.action.endswith(STEPS[-1])


@routes.get("/g/{group}/polls/new")
@contract("account", media_type=HTML)
@numbered
async def get_new_poll(request: web.Request) -> web.Response:
    """The first step of a poll, empty or begun from a post, an earlier poll or a template."""
    asked, query = await asked_in(request), request.query
    begun = question.QuestionForm(
        about=query.get("about", ""), copy=query.get("copy", ""), template=query.get("template", "")
    )
    poll = await beginning_of(request.app[DEPS], asked, begun)
    return await _show(request, asked, NEW, poll, begun=begun)


@routes.post("/g/{group}/polls/new")
@contract("account", media_type=HTML)
async def post_new_poll(request: web.Request) -> web.Response:
    """Keep the first step as a new draft, and go on."""
    asked, form = await asked_in(request), await read_form(request, question.QuestionForm)
    base = await beginning_of(request.app[DEPS], asked, form)
    poll = question.typed_question(base, form, asked.now)
    return await act_or_show(
        partial(_begin, request, asked, poll, form), partial(_show, request, asked, NEW, poll, begun=form)
    )


@routes.get("/g/{group}/polls/new/{draft}/{step}")
@contract("account", media_type=HTML)
async def get_step(request: web.Request) -> web.Response:
    """A step of a poll in writing, with all that was typed."""
    asked, draft = await asked_in(request), request.match_info["draft"]
    return await _show(request, asked, draft, await _read(request, asked, draft))


@routes.post("/g/{group}/polls/new/{draft}/{step}")
@contract("account", media_type=HTML)
async def post_step(request: web.Request) -> web.Response:
    """Keep what the step asked and go on, back or away; in the last step, publish."""
    asked, draft, step = await asked_in(request), request.match_info["draft"], STEP[_step_in(request)]
    form, before = await read_form(request, step.form), await _read(request, asked, draft)
    poll = step.typed(before, form, asked.now)
    return await act_or_show(
        partial(_go, request, asked, draft, before, poll, form.do), partial(_show, request, asked, draft, poll)
    )


async def _begin(request: web.Request, asked: AskedGroup, poll: TypedPoll, form: question.QuestionForm) -> web.Response:
    if form.do != "leave":
        await STEP["question"].check(request.app[DEPS], asked, poll)
    draft = await begin_draft(request.app[DEPS], asked.account, asked.seen.group, msgspec.json.encode(poll))
    return see_other("/me/drafts", said="draft-kept") if form.do == "leave" else _to(asked, draft, "kind")


async def _go(
    request: web.Request, asked: AskedGroup, draft: str, before: TypedPoll, poll: TypedPoll, do: str
) -> web.Response:
    step, deps = _step_in(request), request.app[DEPS]
    await keep_draft(deps, asked.account, asked.seen.group, draft, msgspec.json.encode(poll))
    place = STEPS.index(step)
    if do == "leave":
        return see_other("/me/drafts", said="draft-kept")
    if do == "back":
        return _to(asked, draft, STEPS[max(0, place - 1)])
    if do in ("add", "look") or do.startswith((kinds.REMOVE, phases.PRESET)) or kinds.asks_more(before, poll):
        return _to(asked, draft, step)
    await STEP[step].check(deps, asked, poll)
    if do != "publish":
        return _to(asked, draft, STEPS[min(place + 1, len(STEPS) - 1)])
    said = draft_of(poll, [area.area for area in asked.areas], asked.now)
    opened = await publish_draft(deps, signer_of(request), asked.seen.group, draft, said)
    return see_other(f"{asked.own}/{opened}", said="poll-asked")


def _to(asked: AskedGroup, draft: str, step: str) -> web.Response:
    return see_other(f"{asked.own}/new/{draft}/{step}")


async def _read(request: web.Request, asked: AskedGroup, draft: str) -> TypedPoll:
    said = await read_draft(request.app[DEPS], asked.account, asked.seen.group, draft)
    poll = msgspec.json.decode(said, type=TypedPoll)
    return phases.with_usual_lengths(poll) if poll.kind else poll


def _step_in(request: web.Request) -> str:
    step = request.match_info.get("step", STEPS[0])
    if step not in STEP:
        raise AskingRule.NO_SUCH_DRAFT.error()
    return step


async def _show(
    request: web.Request,
    asked: AskedGroup,
    draft: str,
    poll: TypedPoll,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    begun: question.QuestionForm | None = None,
) -> web.Response:
    say, step = say_of(request), _step_in(request)
    account_of(request)
    place = STEPS.index(step)
    view = WizardView(
        title=say("New poll: %(step)s", step=step_title(say, step)),
        group=asked.seen.group,
        draft="" if draft == NEW else draft,
        group_name=asked.seen.name,
        action=f"{asked.own}/new" if draft == NEW else f"{asked.own}/new/{draft}/{step}",
        where=say("Step %(number)s of %(all)s", number=place + 1, all=len(STEPS)),
        steps=_bar(asked, draft, step),
        back=STEPS[place - 1] if place else "",
        poll=poll,
        step=await STEP[step].show(request.app[DEPS], asked, poll),
        begun=begun or question.QuestionForm(),
        problem=problem_of(say, refusal) if refusal else None,
        at=_field(refusal),
    )
    return render(request, f"asking/{step}.html", view, status, private=True)


def _field(refusal: RefusedError | None) -> str:
    """The field that a refusal is about; of a list, with its number."""
    if refusal is None:
        return ""
    number = refusal.refused.facts.get("number")
    field = FIELDS.get(refusal.refused.rule, "")
    return f"{field}-{number}" if number is not None else field


def _bar(asked: AskedGroup, draft: str, step: str) -> tuple[StepLink, ...]:
    here = f"{asked.own}/new/{draft}"
    return tuple(
        StepLink(number, step_title(asked.say, name), "" if draft == NEW else f"{here}/{name}", name == step)
        for number, name in enumerate(STEPS, 1)
    )


def step_title(say: Translator, step: str) -> str:
    """What a step is called."""
    return {
        "question": say("Question"),
        "kind": say("Kind and options"),
        "areas": say("Subject areas"),
        "phases": say("Phases"),
        "votes": say("Who votes"),
        "preview": say("Preview"),
    }[step]
