"""A person joins a group by a link or address, sees the invitation that a link leads to, and leaves the group.

An invitation's link ends in its secret: such a page is kept by no cache, is named to no other site, and stands in no
log of ours. People of other pods paste the link at home, so that it reaches no other pod's address line (ADR 0027).
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web
from yarl import URL

from pod.actions.groups.membership import Offer, join_at, leave_group, offer_here
from pod.actions.groups.pasted_links import resolve, seed_in
from pod.actions.reading.group.invitation import InvitedSight, describe_offer
from pod.actions.reading.group.page_header import load_header
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.errors import UnknownGroupError
from pod.rules.groups import GroupRule
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import GroupKind, host_of, kind_sentence, member_name
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of, sentence_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, reader_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.ids import parse_id
from protocol.keys import PrivateKey

routes = web.RouteTableDef()
# Not `no-referrer`: with it browsers send the page's own forms with `Origin: null`, as if a stranger had.
SECRETIVE: Final = {"Referrer-Policy": "strict-origin"}


class JoinForm(msgspec.Struct, frozen=True):
    """What leads into a group: an invitation's link, an address, an id; `known`: by one's identity."""

    link: str = ""
    known: bool = False


class PodForm(msgspec.Struct, frozen=True):
    """Somebody's own pod."""

    pod: str = ""


class JoinView(msgspec.Struct, frozen=True):
    """The field for what people paste; `typed` is what was refused by `problem`."""

    typed: str
    signed_in: bool
    problem: RefusalView | None


class LeaveView(msgspec.Struct, frozen=True):
    """What leaving means here; `last_owner`: the rules keep the reader in."""

    frame: PageFrame
    private: bool
    last_owner: bool
    problem: RefusalView | None


class InvitedView(msgspec.Struct, frozen=True):
    """An invitation as its holder sees it. `link` is the whole address; `elsewhere` leads to another pod's field."""

    name: str
    sentence: str
    by: str
    weight: str
    until: str
    closed: str
    link: str
    signed_in: bool
    pod: str
    elsewhere: str
    elsewhere_host: str
    problem: RefusalView | None


@routes.get("/join")
@contract(media_type=HTML)
async def get_join(request: web.Request) -> web.Response:
    """A field for an invitation, or the address of a group on any pod."""
    link, pod = request.query.get("group", ""), request.query.get("pod", "")
    typed = f"{pod}/g/{link}" if link and pod.startswith(("http://", "https://")) else link
    return _join_page(request, typed)


def _join_page(
    request: web.Request, typed: str, refusal: RefusedError | None = None, status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    problem = problem_of(say_of(request), refusal) if refusal else None
    view = JoinView(typed, reader_of(request) is not None, problem)
    return render(request, "group/join.html", view, status, private=True)


@routes.post("/join")
@contract("account", media_type=HTML)
async def post_join(request: web.Request) -> web.Response:
    """Ask to join; the group is fetched from its pod where this one doesn't hold it."""
    form, signer = await read_form(request, JoinForm), signer_of(request)

    async def show(refusal: RefusedError, status: HTTPStatus) -> web.Response:
        return _join_page(request, form.link, refusal, status)

    return await act_or_show(partial(_join, request, form, signer), show)


async def _join(request: web.Request, form: JoinForm, signer: Person) -> web.Response:
    deps = request.app[DEPS]
    group = await join_at(deps, signer, await resolve(deps, form.link), known=form.known)
    try:
        await load_header(deps, signer.account, group)
    except UnknownGroupError:  # a private group shows itself once the join is sealed
        return see_other("/groups", said="joining")
    return see_other(f"/g/{group}", said="joining")


@routes.get("/invitation/{secret}")
@contract(media_type=HTML)
async def get_invitation_page(request: web.Request) -> web.Response:
    """What an invitation offers: joined here by a button, or pasted at one's own pod."""
    return await _invitation_page(request)


@routes.post("/invitation/{secret}")
@contract(media_type=HTML)
async def post_invitation_elsewhere(request: web.Request) -> web.Response:
    """Show the way to somebody's own pod, as a link that names its host: no form sends anybody elsewhere."""
    form = await read_form(request, PodForm)

    async def show(refusal: RefusedError, status: HTTPStatus) -> web.Response:
        return await _invitation_page(request, form.pod, refusal=refusal, status=status)

    async def act() -> web.Response:
        return await _invitation_page(request, form.pod, pod_in(form.pod))

    return await act_or_show(act, show)


def pod_in(typed: str) -> str:
    """The origin of the pod that somebody typed, or had in a handle; raises MalformedError."""
    text = typed.strip().rpartition("@")[2]
    whole = text if text.startswith(("http://", "https://")) else f"https://{text}"
    try:
        url = URL(whole).origin()
    except ValueError as error:
        raise GroupRule.YOUR_POD.error() from error
    host = url.host or ""
    sound = host.isascii() and text.isprintable() and not any(letter.isspace() for letter in text)
    if not sound or ("." not in host and host != "localhost"):
        raise GroupRule.YOUR_POD.error()
    return str(url)


async def _invitation_page(
    request: web.Request,
    typed: str = "",
    elsewhere: str = "",
    *,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    deps, secret = request.app[DEPS], request.match_info["secret"]
    offer = await offer_here(deps, PrivateKey.from_seed(seed_in(secret)).did)
    view = _invited(request, offer, await describe_offer(deps, offer))
    if refusal is not None:
        view = msgspec.structs.replace(view, problem=problem_of(say_of(request), refusal))
    away = f"{elsewhere}/join" if elsewhere else ""
    view = msgspec.structs.replace(view, pod=typed, elsewhere=away, elsewhere_host=host_of(elsewhere))
    response = render(request, "group/invited.html", view, status, private=True)
    response.headers.update(SECRETIVE)
    return response


def _invited(request: web.Request, offer: Offer, seen: InvitedSight) -> InvitedView:
    say: Translator = say_of(request)
    return InvitedView(
        name=seen.name,
        sentence=kind_sentence(say, GroupKind(seen.visibility, seen.others_weight, seen.default_score)),
        by=member_name(say, seen.inviter, seen.nickname),
        weight=say.weight(seen.weight),
        until=say.moment(seen.expires),
        closed=sentence_of(say, seen.closed) if seen.closed else "",
        link=f"{offer.pod}/invitation/{request.match_info['secret']}",
        signed_in=reader_of(request) is not None,
        pod="",
        elsewhere="",
        elsewhere_host="",
        problem=None,
    )


@routes.get("/g/{group}/leave")
@contract("account", media_type=HTML)
async def get_leave(request: web.Request) -> web.Response:
    """What leaving means, and the button for it."""
    account_of(request)
    return await _leave_page(request)


async def _leave_page(
    request: web.Request, refusal: RefusedError | None = None, status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    seen, frame = await load_frame(request, "about")
    state, problem = seen.state, problem_of(say_of(request), refusal) if refusal else None
    last_owner = state.owners == 1 and seen.weight is not None and seen.weight >= state.owner_weight
    view = LeaveView(frame, state.visibility == "private", last_owner, problem)
    return render(request, "group/leave.html", view, status, private=True)


@routes.post("/g/{group}/leave")
@contract("account", media_type=HTML)
async def post_leave(request: web.Request) -> web.Response:
    """Leave the group; it holds once it is sealed."""
    await read_form(request, JoinForm)
    signer, group = signer_of(request), parse_id(request.match_info["group"])

    async def act() -> web.Response:
        seen, _ = await load_frame(request, "about")
        await leave_group(request.app[DEPS], signer, group)
        # Who left a private group may not read it, as soon as that is sealed.
        return see_other("/groups" if seen.state.visibility == "private" else f"/g/{group}", said="asked")

    return await act_or_show(act, partial(_leave_page, request))
