"""A person founds a group by a name and three questions, and reads in one sentence what it will be before it exists."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from pod.actions.decisions.capabilities import TAKING_PART
from pod.actions.groups.founding import start_group
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.groups import GroupRule
from pod.translations import Translator
from pod.web.group.wording import GroupKind, kind_sentence
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.once import numbered
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.limits import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH

routes = web.RouteTableDef()
ONE: Final = 1000  # a weight of 1
FULL: Final = 1_000_000  # a score of 1
# An ordinary member has weight 1; a member with as much weight as the founder is an owner, too.
FOUNDER_WEIGHT: Final = 3 * ONE
OTHERS: Final = {"given": 0, "joiners": ONE, "invited": -ONE}
UNVOTED: Final = {"shown": FULL, "hidden": 0, "strict": -FULL}
Option = tuple[str, str, str]


class FoundForm(msgspec.Struct, frozen=True):
    """The answers; `known`: by one's identity; `step` is the button that was pressed."""

    name: str = ""
    description: str = ""
    visibility: Literal["public", "unlisted", "private"] = "public"
    decides: Literal["given", "joiners", "invited"] = "given"
    unvoted: Literal["shown", "hidden", "strict"] = "shown"
    known: bool = False
    step: Literal["look", "found", "change"] = "look"

    @property
    def kind(self) -> GroupKind:
        """What kind of group the answers make."""
        return GroupKind(self.visibility, OTHERS[self.decides], UNVOTED[self.unvoted])


class FoundView(msgspec.Struct, frozen=True):
    """The form; with `sentence` the answers are shown as what they make, and are to be confirmed."""

    form: FoundForm
    sentence: str
    visibility: tuple[Option, ...]
    decides: tuple[Option, ...]
    unvoted: tuple[Option, ...]
    problem: RefusalView | None


@routes.get("/groups/new")
@contract("account", media_type=HTML)
@numbered
async def get_new_group(request: web.Request) -> web.Response:
    """The questions."""
    account_of(request)
    return render(request, "group/new.html", _view(say_of(request), FoundForm()))


@routes.post("/groups/new")
@contract("account", media_type=HTML)
async def post_new_group(request: web.Request) -> web.Response:
    """Say in one sentence what kind of group it will be; found it once that was confirmed."""
    form, signer = await read_form(request, FoundForm), signer_of(request)

    async def show(refusal: RefusedError, status: HTTPStatus) -> web.Response:
        view = _view(say_of(request), form, problem=problem_of(say_of(request), refusal))
        return render(request, "group/new.html", view, status)

    return await act_or_show(partial(_step, request, form, signer), show)


async def _step(request: web.Request, form: FoundForm, signer: Person) -> web.Response:
    say = say_of(request)
    if form.step == "change":
        return render(request, "group/new.html", _view(say, form))
    check_name(form.name, form.description)
    if form.known and form.visibility == "private":
        raise GroupRule.UNKNOWN_IN_PRIVATE.error()
    if form.step == "look":
        return render(request, "group/new.html", _view(say, form, kind_sentence(say, form.kind)))
    identity = {"identity": signer.account.personal_group} if form.known else {}
    group = await start_group(request.app[DEPS], signer, {**wishes_of(form), **identity})
    return see_other(f"/g/{group}", said="founded")


def check_name(name: str, description: str) -> None:
    """Refuse a name or description that no group can have; raises MalformedError."""
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise GroupRule.NAME_LENGTH.error(most=MAX_NAME_LENGTH)
    if len(description) > MAX_DESCRIPTION_LENGTH:
        raise GroupRule.DESCRIPTION_LENGTH.error(most=MAX_DESCRIPTION_LENGTH)


def wishes_of(form: FoundForm) -> dict[str, Any]:
    """The members of the root that the answers make."""
    kind = form.kind
    wishes: dict[str, Any] = {
        "name": form.name,
        "visibility": kind.visibility,
        "others_weight": kind.others_weight,
        "default_score": kind.default_score,
        "weight": FOUNDER_WEIGHT,
        # Who decides what is shown takes part in polls, too; the owners can change it, and see who can do what.
        "permissions": dict.fromkeys(TAKING_PART, max(1, kind.others_weight)),
    }
    return wishes | ({"description": form.description} if form.description else {})


def _view(say: Translator, form: FoundForm, sentence: str = "", problem: RefusalView | None = None) -> FoundView:
    return FoundView(form, sentence, _visibility(say), _decides(say), _unvoted(say), problem)


def _visibility(say: Translator) -> tuple[Option, ...]:
    return (
        ("public", say("Everybody"), say("It stands in lists and searches; other servers may follow it.")),
        (
            "unlisted",
            say("Everybody who has its address"),
            say("It can be read without an account, but no list shows it."),
        ),
        (
            "private",
            say("Its members alone"),
            say("People join by invitation. Nothing is encrypted: those who run a member's server can read it."),
        ),
    )


def _decides(say: Translator) -> tuple[Option, ...]:
    return (
        (
            "given",
            say("Members who are given weight"),
            say("You begin with weight 1 and give weight to others. New members may write, but don't decide yet."),
        ),
        (
            "joiners",
            say("Everybody who joins"),
            say("Each vote counts 1 from the beginning; you have weight 3, so that you can still give and take."),
        ),
        (
            "invited",
            say("Those who were invited"),
            say("Those who join without invitation may not write until somebody gives them weight."),
        ),
    )


def _unvoted(say: Translator) -> tuple[Option, ...]:
    return (
        ("shown", say("It is shown"), say("Votes can hide it: the group is moderated afterwards.")),
        (
            "hidden",
            say("It stays hidden"),
            say("Votes must bring it above 0. A post brings its author's own vote along."),
        ),
        (
            "strict",
            say("It needs more than one vote"),
            say("Only texts that other members with weight support, too, are shown."),
        ),
    )
