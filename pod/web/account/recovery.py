"""A person moves their memberships to this pod by the 24 words; the page says which groups it could not reach."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from pod.actions.groups.founding import NAME
from pod.actions.moving.asked_grants import host_in
from pod.actions.recovery.account_page import FoundAccount, recover_home
from pod.actions.recovery.known_groups import RecoveryWhereabouts
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import Recovered
from pod.actions.recovery.which_person import PersonChoice, choices_of
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.rules.requests import RequestRule
from pod.translations import Translator
from pod.web.account.session_start import become
from pod.web.kit.form_page import FormView, told
from pod.web.kit.forms import act_or_show, read_form
from pod.web.kit.templates import render
from pod.web.kit.visitors import cookie_of, say_of
from protocol.errors import MalformedError, RefusedError
from protocol.ids import RecordId, parse_id

routes = web.RouteTableDef()
MOST_GROUPS: Final = 200
SENT: Final = "sent_file"  # the cookie of a browser that sent its person's file


class RecoverForm(msgspec.Struct, frozen=True):
    """The words, the name that is wanted here, and groups: a line each, id and pod, of a private one also a number.

    `mine`: the line of the group that the person chose as theirs, of those that the page showed.
    """

    phrase: str = ""
    name: str = ""
    groups: str = ""
    mine: str = ""


class RecoverView(FormView, frozen=True):
    """The recovery page; the words are never shown again. `people`: as (line, text, hint), to choose oneself from."""

    name: str
    groups: str
    mine: str = ""
    people: tuple[tuple[str, str, str], ...] = ()


class MovedLine(msgspec.Struct, frozen=True):
    """A membership that was found, and what of the person's own is in it."""

    name: str
    state: str
    texts: str


class RecoveredView(msgspec.Struct, frozen=True):
    """What became of a person, who is at `page` now.

    `own`: their own group is here; `copied`: so is a copy that gives back the rest. `unreachable`, `strange`: groups
    that weren't reached, and groups that know another recovery key.
    """

    name: str
    moved: tuple[MovedLine, ...]
    unreachable: tuple[str, ...]
    strange: tuple[str, ...]
    left: str
    own: bool
    copied: bool
    page: str


@routes.get("/recover")
@contract(media_type=HTML)
async def get_recover(request: web.Request) -> web.Response:
    """Show the 24 words to a new home; `name`: the one that whoever brought the person's file kept for them."""
    name = request.query.get("name", "")
    view = RecoverView(name if NAME.fullmatch(name) else "", "")
    return render(request, "account/recover.html", view, private=True)


@routes.post("/recover")
@contract(media_type=HTML)
async def post_recover(request: web.Request) -> web.Response:
    """Make this pod the home of the person who has the words, and sign them in."""
    form = await read_form(request, RecoverForm)
    return await act_or_show(partial(_recover, request, form), partial(_refused, request, form))


async def _recover(request: web.Request, form: RecoverForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("recovery of an address", address_of(request), now=deps.clock())
    keys, chosen = RecoveryKeys(form.phrase), whereabouts(form.mine)[:1]
    groups, mine = [*chosen, *whereabouts(form.groups)], chosen[0].group if chosen else None
    language, sent = say_of(request).language, cookie_of(request, SENT)
    found = await recover_home(deps, form.name.lower(), keys, groups, language, mine=mine, sent=sent)
    keep = await become(request, found.account)
    view = _view(say_of(request), found, f"{deps.identity.base_url}/@{found.account.name}")
    return keep(render(request, "account/recovered.html", view, private=True))


def whereabouts(text: str) -> list[RecoveryWhereabouts]:
    """Groups as people write them down; raises MalformedError with the number of the line."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_GROUPS:
        raise RequestRule.TOO_MANY_GROUPS.error(most=MOST_GROUPS)
    return [_whereabouts(number, parts) for number, parts in enumerate(lines, 1)]


def _whereabouts(number: int, parts: list[str]) -> RecoveryWhereabouts:
    match parts:
        case [group, pod]:
            return RecoveryWhereabouts(_group(number, group), pod.rstrip("/"))
        case [group, pod, key] if key.isascii() and key.isdecimal() and len(key) < 7:
            return RecoveryWhereabouts(_group(number, group), pod.rstrip("/"), int(key))
        case _:
            raise RequestRule.LINE_FORM.error(line=number)


def _group(number: int, text: str) -> RecordId:
    try:
        return parse_id(text)
    except MalformedError as error:
        raise RequestRule.LINE_WITHOUT_ID.error(line=number) from error


def _view(say: Translator, found: FoundAccount, page: str) -> RecoveredView:
    recovered: Recovered = found.recovered
    states = {"member": say("here"), "moving": say("on its way; it is here once its group has sealed it")}
    moved = tuple(
        MovedLine(
            one.name,
            states.get(one.state, one.state),
            say.many(
                "%(count)s post or edit of yours is here", "%(count)s posts and edits of yours are here", one.texts
            ),
        )
        for one in found.moved
    )
    return RecoveredView(
        name=recovered.name,
        moved=moved,
        unreachable=tuple(map(str, recovered.unreachable)),
        strange=tuple(map(str, recovered.strange)),
        left=say.number(recovered.recovery_keys_left),
        own=recovered.personal_group is not None and recovered.personal_group not in recovered.unreachable,
        copied=found.copied,
        page=page,
    )


async def _refused(request: web.Request, form: RecoverForm, refusal: RefusedError, status: HTTPStatus) -> web.Response:
    choices = await choices_of(request.app[DEPS], refusal)
    people = tuple(_person(say_of(request), one) for one in choices)
    view = RecoverView(form.name, form.groups, form.mine, people)
    view = msgspec.structs.replace(view, **told(request, refusal))
    return render(request, "account/recover.html", view, status, private=True)


def _person(say: Translator, one: PersonChoice) -> tuple[str, str, str]:
    host = host_in(one.pod)
    text = say("%(name)s at %(host)s", name=one.name, host=host) if one.name else host
    hints = [str(one.group)]
    if one.copied_at is not None:
        hints.append(say("its copy here was made on %(time)s", time=say.moment(one.copied_at)))
    if one.groups_at:
        hints.append(say("it names groups at %(hosts)s", hosts=", ".join(one.groups_at)))
    return f"{one.group} {one.pod}", text, ", ".join(hints)
