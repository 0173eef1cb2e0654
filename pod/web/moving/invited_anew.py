"""Without the 24 words: whom to ask for an invitation, group by group, and what to write to them, to be copied."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from pod.actions.moving.asked_anew import LostMembership, groups_of_file, whom_to_ask
from pod.actions.moving.asked_grants import host_in
from pod.actions.recovery.known_groups import RecoveryWhereabouts
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.translations import Translator
from pod.web.account.recovery import SENT, whereabouts
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form
from pod.web.kit.templates import render
from pod.web.kit.visitors import cookie_of, say_of

routes = web.RouteTableDef()
PAGE: Final = "/move/without-words"


class LostGroupsForm(msgspec.Struct, frozen=True):
    """What somebody was called, and their groups, a line each as in a recovery kit."""

    account: str = ""
    groups: str = ""


class InviteDraft(msgspec.Struct, frozen=True):
    """Whom to ask in a group (`asked`: a line each, or none if nobody is known), and the text for them."""

    name: str
    asked: tuple[str, ...]
    hosts: str
    text: str


class WithoutWordsView(FormView, frozen=True):
    """The form, and the drafts that came of it, or of the file that this browser sent; `more`: it names others."""

    form: LostGroupsForm
    drafts: tuple[InviteDraft, ...]
    more: bool = False


@routes.get(PAGE)
@contract(media_type=HTML)
async def get_without_words(request: web.Request) -> web.Response:
    """What is left without the words; the drafts, if this browser sent a file that names the groups."""
    form = LostGroupsForm()
    return await act_or_show(partial(_of_file, request, form), again(request, partial(_show, request, form, ())))


@routes.post(PAGE)
@contract(media_type=HTML)
async def post_without_words(request: web.Request) -> web.Response:
    """The drafts for groups that somebody names."""
    form = await read_form(request, LostGroupsForm)
    return await act_or_show(partial(_draft, request, form), again(request, partial(_show, request, form, ())))


async def _of_file(request: web.Request, form: LostGroupsForm) -> web.Response:
    deps, sent = request.app[DEPS], cookie_of(request, SENT)
    if not sent:
        return await _show(request, form, ())
    await deps.store.limits.take("drafts of an address", address_of(request), now=deps.clock())
    found = await groups_of_file(deps, sent)
    return await _show(request, form, found.places, more=found.more)


async def _draft(request: web.Request, form: LostGroupsForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("recovery of an address", address_of(request), now=deps.clock())
    return await _show(request, form, whereabouts(form.groups))


async def _show(
    request: web.Request,
    form: LostGroupsForm,
    places: Sequence[RecoveryWhereabouts],
    status: HTTPStatus = HTTPStatus.OK,
    **changes: object,
) -> web.Response:
    say, lost = say_of(request), await whom_to_ask(request.app[DEPS], places)
    view = WithoutWordsView(form=form, drafts=tuple(invite_draft(say, form.account.strip(), one) for one in lost))
    view = msgspec.structs.replace(view, **changes)
    return render(request, "moving/without-words.html", view, status, private=True)


def invite_draft(say: Translator, was: str, lost: LostMembership) -> InviteDraft:
    """Whom to ask, and the text; `was`: what the person was called, or ""."""
    address = f"{lost.pods[0]}/g/{lost.group}"
    lines = [
        say("Hello!"),
        say("I was %(name)s in your group.", name=was) if was else "",
        say("My server is gone and I have lost my 24 words, so nobody can bring my membership back."),
        say("Please send me a new invitation to this group: %(address)s", address=address),
        say("I get a new number with it. The old one stays with the lost key: you may set its weight to 0."),
    ]
    asked = (
        say("%(name)s, member %(number)s, at %(host)s", name=one.nickname, number=one.number, host=host_in(one.pod))
        if one.nickname
        else say("Member %(number)s, at %(host)s", number=one.number, host=host_in(one.pod))
        for one in lost.inviters
    )
    hosts = ", ".join(host_in(pod) for pod in lost.pods)
    return InviteDraft(lost.name or str(lost.group), tuple(asked), hosts, "\n".join(line for line in lines if line))
