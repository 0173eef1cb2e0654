"""Steward and keepers of a group: who they are, what waits, and how a keeper's pod takes over or recovers the group."""

from __future__ import annotations

import re
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.people.accounts import Account
from pod.actions.handover.propose import hand_over
from pod.actions.posts.records import check_keeper
from pod.actions.reading.group.seats import SeatSight, SeatsSight, describe_seats
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_group import Recovery, recover_group, sign_recovery
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.groups import GroupRule
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import host_of, member_name
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import account_of, reader_of, say_of
from protocol.canonical import parse_json
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_ITEM_BYTES, MAX_ITEM_DEPTH
from protocol.records.envelope import open_record

routes = web.RouteTableDef()
HOUR_MS: Final = 3_600_000


class HandoverForm(msgspec.Struct, frozen=True):
    """The keepers to be, as numbers; empty: the same ones."""

    keepers: str = ""


class RecoveryForm(msgspec.Struct, frozen=True):
    """The 24 words, the keepers to be, and a draft that somebody else began, if there is one."""

    phrase: str = ""
    keepers: str = ""
    draft: str = ""


class SeatRow(msgspec.Struct, frozen=True):
    """A keeper in the table."""

    name: str
    href: str
    pod: str
    role: str
    confirmed: str


class KeepersView(msgspec.Struct, frozen=True):
    """The page. `keeper`: the reader is one, and may take the steward's job for this pod, or name others if `here`."""

    frame: PageFrame
    rows: tuple[SeatRow, ...]
    agreed: bool
    sentence: str
    waiting: str
    timer: str
    keeper: bool
    here: bool
    form: HandoverForm
    problem: RefusalView | None


class RecoveryView(msgspec.Struct, frozen=True):
    """Recovery. `signed` tells how far a draft is; it is passed on by people as the text that stands in `draft`."""

    frame: PageFrame
    keepers: str
    draft: str
    signed: str
    problem: RefusalView | None


@routes.get("/g/{group}/keepers")
@contract("reader", media_type=HTML)
@held
async def get_keepers(request: web.Request) -> web.Response:
    """Who keeps the group's order."""
    return await _show(request, HandoverForm())


async def _show(
    request: web.Request,
    form: HandoverForm,
    *,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    say = say_of(request)
    seen, frame = await load_frame(request, "chain")
    sight = await describe_seats(request.app[DEPS], reader_of(request), seen.group)
    hours = sight.handover_after_ms // HOUR_MS
    view = KeepersView(
        frame=frame,
        rows=tuple(_row(say, seen.group, seat, sight) for seat in sight.seats),
        agreed=sight.agreed,
        sentence=keepers_sentence(say, len(sight.seats)) if sight.agreed else _unagreed(say),
        waiting=_waiting(say, sight),
        timer=say.many(
            "A keeper takes the steward's job by itself when something waited %(count)s hour.",
            "A keeper takes the steward's job by itself when something waited %(count)s hours.",
            hours,
        )
        if hours
        else say("A keeper takes the steward's job only when its admin says so."),
        keeper=sight.keeper,
        here=sight.here,
        form=form,
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "group/keepers.html", view, status)


def keepers_sentence(say: Translator, count: int) -> str:
    """What so many keepers can bear, honestly."""
    match count:
        case 1:
            return say(
                "One keeper: nobody checks its pod's order, and if the pod is lost, only the keeper's 24 words bring"
                " the group back."
            )
        case 3:
            return say(
                "Three keepers: the group goes on when one pod dies. A hostile pod among them can still deceive"
                " the others."
            )
        case 4:
            return say("Four keepers: the first number that survives one hostile pod.")
        case _:
            return say("Seven keepers: they survive one hostile pod and one dead one.")


def _unagreed(say: Translator) -> str:
    return say("These keepers are named but not confirmed yet: until then nobody can do without those before them.")


def _waiting(say: Translator, sight: SeatsSight) -> str:
    if sight.waiting_since is None:
        return say("Nothing waits to be settled.")
    return say("Something has waited to be settled since %(moment)s.", moment=say.moment(sight.waiting_since))


def _row(say: Translator, group: RecordId, seat: SeatSight, sight: SeatsSight) -> SeatRow:
    roles = [say("steward")] if seat.steward else []
    roles += [say("this pod")] if seat.here else []
    behind = sight.head_height - seat.confirmed
    confirmed = say("item %(height)s", height=seat.confirmed) if seat.confirmed >= 0 else say("nothing yet")
    return SeatRow(
        member_name(say, seat.number, seat.nickname),
        f"/g/{group}/members/{seat.number}",
        host_of(seat.pod),
        ", ".join(roles),
        confirmed if behind else say("everything, up to item %(height)s", height=seat.confirmed),
    )


@routes.post("/g/{group}/keepers")
@contract("account", media_type=HTML)
async def post_handover_form(request: web.Request) -> web.Response:
    """Take the steward's job for this pod: a keeper's right, and a quorum of keepers must sign."""
    form, account = await read_form(request, HandoverForm), account_of(request)
    return await act_or_show(partial(_hand_over, request, form, account), partial(_show, request, form))


async def _hand_over(request: web.Request, form: HandoverForm, account: Account) -> web.Response:
    deps = request.app[DEPS]
    seen, _ = await load_frame(request, "chain")
    await check_keeper(deps, account, seen.group)
    await hand_over(deps, seen.group, numbers_in(form.keepers))
    return see_other(f"/g/{seen.group}/keepers", said="saved")


def numbers_in(typed: str) -> list[int] | None:
    """Member numbers as people list them; None for none. Raises MalformedError."""
    if not typed.strip():
        return None
    parts = [part for part in re.split(r"[\s,;]+", typed.strip()) if part]
    if not all(part.isascii() and part.isdecimal() and len(part) < 12 for part in parts):
        raise GroupRule.KEEPERS_BY_NUMBER.error()
    return [int(part) for part in parts]


@routes.get("/g/{group}/recovery")
@contract("account", media_type=HTML)
async def get_recovery(request: web.Request) -> web.Response:
    """Recovery of a group whose keepers' pods are gone."""
    account_of(request)
    return await _recovery_page(request, RecoveryForm())


@routes.post("/g/{group}/recovery")
@contract("account", media_type=HTML)
async def post_recovery(request: web.Request) -> web.Response:
    """Begin a recovery by the 24 words, or sign one that another keeper began."""
    form, account = await read_form(request, RecoveryForm), account_of(request)
    return await act_or_show(partial(_recover, request, form, account), partial(_recovery_page, request, form))


async def _recover(request: web.Request, form: RecoveryForm, account: Account) -> web.Response:
    deps = request.app[DEPS]
    seen, _ = await load_frame(request, "chain")
    keys = RecoveryKeys(" ".join(form.phrase.split()))
    if form.draft:
        draft = open_record(parse_json(form.draft.encode(), max_bytes=MAX_ITEM_BYTES, max_depth=MAX_ITEM_DEPTH))
        recovery = await sign_recovery(deps, account, seen.group, keys, draft)
    else:
        recovery = await recover_group(deps, account, seen.group, keys, numbers_in(form.keepers))
    if recovery.item is not None:
        return see_other(f"/g/{seen.group}/keepers", said="saved")
    return await _recovery_page(request, form, recovery=recovery)


async def _recovery_page(
    request: web.Request,
    form: RecoveryForm,
    *,
    recovery: Recovery | None = None,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    """The page; what was typed is kept, but for the 24 words, which no page ever shows again."""
    say = say_of(request)
    _, frame = await load_frame(request, "chain")
    view = RecoveryView(
        frame=frame,
        keepers=form.keepers,
        draft=msgspec.json.encode(recovery.handover).decode() if recovery else form.draft,
        signed=say("%(signed)s of %(needed)s keepers signed.", signed=recovery.signed, needed=recovery.needed)
        if recovery
        else "",
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "group/recovery.html", view, status, private=True)
