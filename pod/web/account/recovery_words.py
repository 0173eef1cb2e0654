"""A person shows that they have kept the 24 words, gets new recovery keys, and sees what else to write down."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.accounts.overview import kit_groups_of, look_at
from pod.actions.accounts.phrase_check import check_three_words, check_whole_phrase, phrase_check_of
from pod.actions.moving.sealed_boxes import box_of_account, choose_actor_key
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import add_recovery_keys
from pod.actions.recovery.strange_keys import StrangeKey, strange_keys
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of
from protocol.limits import FEW_RECOVERY_KEYS

routes = web.RouteTableDef()


class ThreeForm(msgspec.Struct, frozen=True):
    """The three words that were asked for."""

    first: str = ""
    second: str = ""
    third: str = ""


class PhraseForm(msgspec.Struct, frozen=True):
    """All 24."""

    phrase: str = ""


class BoxForm(msgspec.Struct, frozen=True):
    """Whether the key of the account's address goes into the box."""

    kept: str = ""


class WordQuestion(msgspec.Struct, frozen=True):
    """A word that is asked for: the name of its field, and what is asked."""

    field: str
    label: str


class KitGroupView(msgspec.Struct, frozen=True):
    """A group for the paper."""

    name: str
    group: str
    private: bool
    recovery: str


class PhraseSettingsView(FormView, frozen=True):
    """Whether the words were checked, which are asked for, what else belongs on the paper.

    `frozen`: nothing is decided in the person's name until all of them are typed. `strange`: memberships that the words
    typed now can't recover.
    """

    frozen: bool
    checked: bool
    asked: tuple[WordQuestion, ...]
    few: bool
    left: str
    pod: str
    groups: tuple[KitGroupView, ...]
    box: bool
    box_key: bool
    strange: tuple[StrangeKey, ...] = ()


@routes.get("/settings/words")
@contract("account", media_type=HTML)
async def get_phrase(request: web.Request) -> web.Response:
    """Whether the words are still there."""
    account_of(request)
    return await _show(request)


@routes.post("/settings/words")
@contract("account", media_type=HTML)
async def post_three_words(request: web.Request) -> web.Response:
    """Check three words."""
    account_of(request)
    form = await read_form(request, ThreeForm)
    return await act_or_show(partial(_three, request, form), again(request, partial(_show, request)))


async def _three(request: web.Request, form: ThreeForm) -> web.Response:
    typed = (form.first, form.second, form.third)
    await check_three_words(request.app[DEPS], account_of(request), typed)
    return see_other("/settings/words", said="words")


@routes.post("/settings/words/all")
@contract("account", media_type=HTML)
async def post_phrase(request: web.Request) -> web.Response:
    """Check all words."""
    account_of(request)
    form = await read_form(request, PhraseForm)
    return await act_or_show(partial(_all, request, form), again(request, partial(_show, request)))


async def _all(request: web.Request, form: PhraseForm) -> web.Response:
    keys = RecoveryKeys(form.phrase)
    await check_whole_phrase(request.app[DEPS], account_of(request), keys)
    return await _compared(request, keys, said="words")


async def _compared(request: web.Request, keys: RecoveryKeys, *, said: str) -> web.Response:
    """Go on; but what only the words can tell is shown now: they are forgotten with this request."""
    strange = await strange_keys(request.app[DEPS], account_of(request), keys)
    return await _show(request, strange=tuple(strange)) if strange else see_other("/settings/words", said=said)


@routes.post("/settings/recovery-keys")
@contract("account", media_type=HTML)
async def post_recovery_keys(request: web.Request) -> web.Response:
    """Derive the next recovery keys from the words."""
    account_of(request)
    form = await read_form(request, PhraseForm)
    return await act_or_show(partial(_derive, request, form), again(request, partial(_show, request)))


async def _derive(request: web.Request, form: PhraseForm) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    keys = RecoveryKeys(form.phrase)
    await check_whole_phrase(deps, account, keys)
    await add_recovery_keys(deps, account, keys)
    return await _compared(request, keys, said="saved")


@routes.post("/settings/words/box")
@contract("account", media_type=HTML)
async def post_box(request: web.Request) -> web.Response:
    """Choose whether the sealed box holds the key of the account's address."""
    account, form = account_of(request), await read_form(request, BoxForm)
    await choose_actor_key(request.app[DEPS], account, kept=form.kept == "yes")
    return see_other("/settings/words#box", said="saved")


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **more: object) -> web.Response:
    deps, account, say = request.app[DEPS], account_of(request), say_of(request)
    sight, check = await look_at(deps, account), await phrase_check_of(deps, account)
    numbers = check.numbers.split(",") if check and check.numbers else []
    groups, box = await kit_groups_of(deps, account), await box_of_account(deps, account)
    view = PhraseSettingsView(
        frozen=account.frozen_at is not None,
        checked=sight.phrase_checked,
        asked=tuple(
            WordQuestion(field, say("Word number %(number)s", number=number))
            for field, number in zip(ThreeForm.__struct_fields__, numbers, strict=False)
        ),
        few=sight.keys_left < FEW_RECOVERY_KEYS,
        left=say.number(sight.keys_left),
        pod=deps.identity.base_url,
        groups=tuple(
            KitGroupView(group.name, group.group, group.visibility == "private", str(group.recovery))
            for group in groups
        ),
        box=box is not None,
        box_key=box is not None and box.actor_key,
    )
    # What was typed is not shown again: it is what nobody may see.
    return render(request, "account/words-settings.html", msgspec.structs.replace(view, **more), status, private=True)
