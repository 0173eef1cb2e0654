"""Members see the changes that wait for their signatures, sign them, and withdraw their own."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Literal

import msgspec
from aiohttp import web

from pod.actions.groups.proposals import sign_proposal, withdraw_proposal
from pod.actions.reading.group.chain_inspector import OperationSight
from pod.actions.reading.group.page_header import HeaderSight
from pod.actions.reading.group.proposals import ProposalSight, list_proposals
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.operation_wording import change_in, rule_of
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import Names, member_name
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.ids import parse_id
from protocol.records.operation import SetWeight, Succeed

routes = web.RouteTableDef()


class ProposalForm(msgspec.Struct, frozen=True):
    """The button that was pressed."""

    step: Literal["", "sign", "withdraw"] = ""


class ProposalCard(msgspec.Struct, frozen=True):
    """A proposal in words; `signatures` are (name, word) of each member who may sign it; `heir`: where it goes on."""

    action: str
    change: str
    rule: str
    heir: str
    by: str
    lacking: str
    expires: str
    signatures: tuple[tuple[str, str], ...]
    may_sign: bool
    mine: bool


class ProposalsView(msgspec.Struct, frozen=True):
    """What waits for signatures that the reader may give, or gave."""

    frame: PageFrame
    rows: tuple[ProposalCard, ...]
    problem: RefusalView | None


@routes.get("/g/{group}/proposals")
@contract("account", media_type=HTML)
async def get_proposals_page(request: web.Request) -> web.Response:
    """Who signed what, how many are lacking, until when."""
    account_of(request)
    return await _show(request)


@routes.post("/g/{group}/proposals/{operation}")
@contract("account", media_type=HTML)
async def post_proposal_form(request: web.Request) -> web.Response:
    """Sign a proposal, or take back one's own."""
    form = await read_form(request, ProposalForm)
    return await act_or_show(partial(_act, request, form), partial(_show, request))


async def _act(request: web.Request, form: ProposalForm) -> web.Response:
    deps, signer = request.app[DEPS], signer_of(request)
    group, operation = parse_id(request.match_info["group"]), parse_id(request.match_info["operation"])
    here = f"/g/{group}/proposals"
    match form.step:
        case "sign":
            asked = await sign_proposal(deps, signer, group, operation)
            return see_other(here, said="signed" if asked.open else "complete")
        case "withdraw":
            await withdraw_proposal(deps, signer, group, operation)
            return see_other(here, said="taken-back")
        case _:
            return see_other(here)


async def _show(
    request: web.Request, refusal: RefusedError | None = None, status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    say = say_of(request)
    seen, frame = await load_frame(request, "proposals")
    found = await list_proposals(request.app[DEPS], account_of(request), seen.group)
    rows = tuple(_row(say, seen, one, found.nicknames) for one in found.proposals)
    view = ProposalsView(frame, rows, problem_of(say, refusal) if refusal else None)
    return render(request, "group/proposals.html", view, status, private=True)


def _row(say: Translator, seen: HeaderSight, one: ProposalSight, names: Names) -> ProposalCard:
    wish = one.operation.wish
    member = seen.state.members.get(wish.member) if isinstance(wish, SetWeight) else None
    entry = OperationSight(one.operation, None, member.weight if member else None)
    signatures = tuple(
        (member_name(say, line.number, line.nickname), say("has signed") if line.signed else say("not yet"))
        for line in one.signatures
    )
    return ProposalCard(
        action=f"/g/{seen.group}/proposals/{one.record.id}",
        change=change_in(say, entry, names),
        rule=say("More than half of the owners name an owner, or lower one.") if member else rule_of(say, entry),
        heir=wish.group if isinstance(wish, Succeed) else "",
        by=member_name(say, one.author, names.get(one.author, "")),
        lacking=say.many("%(count)s signature is lacking.", "%(count)s signatures are lacking.", one.lacking),
        expires=say.moment(one.expires),
        signatures=signatures,
        may_sign=not one.signed,
        mine=one.mine,
    )
