"""A member invites people with a weight up to their own; the pod lists the invitations and shows each link once."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.people.accounts import Account
from pod.actions.groups.membership import InvitationSight, issue_invitation, list_issued
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.groups import GroupRule
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import weight_in
from pod.web.kit.forms import act_or_show, read_form
from pod.web.kit.once import numbered, shown_once
from pod.web.kit.refusals import RefusalView, problem_of, sentence_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError

routes = web.RouteTableDef()
DAY_MS: Final = 86_400_000
DAYS: Final = (1, 7, 30, 365)
MOST_USES: Final = 10_000


class InviteForm(msgspec.Struct, frozen=True):
    """An invitation as it is wished for; the weight as people write it."""

    weight: str = "1"
    uses: int = 1
    days: int = 7


class IssuedRow(msgspec.Struct, frozen=True):
    """An invitation that was made; `state` says whether it still opens."""

    by: str
    weight: str
    used: str
    until: str
    state: str


class InvitationsView(msgspec.Struct, frozen=True):
    """The form, the link of what was just made, and the invitations made here."""

    frame: PageFrame
    form: InviteForm
    days: tuple[tuple[str, str], ...]
    most: str
    link: str
    rows: tuple[IssuedRow, ...]
    problem: RefusalView | None


@routes.get("/g/{group}/invitations")
@contract("account", media_type=HTML)
@numbered
async def get_invitations_page(request: web.Request) -> web.Response:
    """Invite somebody, and see which invitations were made here."""
    return await _show(request, account_of(request), InviteForm())


@routes.post("/g/{group}/invitations")
@contract("account", media_type=HTML)
async def post_invitation_form(request: web.Request) -> web.Response:
    """Make an invitation; its link is shown this once."""
    form, account = await read_form(request, InviteForm), account_of(request)
    return await act_or_show(
        partial(_invite, request, signer_of(request), form), partial(_show, request, account, form)
    )


async def _invite(request: web.Request, signer: Person, form: InviteForm) -> web.Response:
    deps = request.app[DEPS]
    seen, _ = await load_frame(request, "members")
    days = form.days if form.days in DAYS else DAYS[1]
    expires = deps.clock() + days * DAY_MS
    uses = min(max(form.uses, 1), MOST_USES)
    weight = weight_in(form.weight)
    link = await issue_invitation(deps, signer, seen.group, weight=weight, uses=uses, expires=expires)
    return shown_once(await _show(request, signer.account, InviteForm(), link=link))


async def _show(
    request: web.Request,
    account: Account,
    form: InviteForm,
    *,
    link: str = "",
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    say = say_of(request)
    seen, frame = await load_frame(request, "members")
    if seen.weight is None:
        raise GroupRule.ONLY_MEMBERS_INVITE.error()
    view = InvitationsView(
        frame=frame,
        form=form,
        days=tuple((str(days), say.many("%(count)s day", "%(count)s days", days)) for days in DAYS),
        most=say.weight(seen.weight),
        link=link,
        rows=tuple(_row(say, entry) for entry in await list_issued(request.app[DEPS], account, seen.group)),
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "group/invitations.html", view, status, private=True)


def _row(say: Translator, entry: InvitationSight) -> IssuedRow:
    return IssuedRow(
        by=say("you") if entry.mine else say("member %(number)s", number=entry.number),
        weight=say.weight(entry.weight),
        used=say("%(used)s of %(uses)s", used=say.number(entry.used), uses=say.number(entry.uses)),
        until=say.moment(entry.expires),
        state=sentence_of(say, entry.closed) if entry.closed else say("open"),
    )
