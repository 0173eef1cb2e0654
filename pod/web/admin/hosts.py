"""Admins see how the hosts that the pod delivers to answer, and what waits for them, and have it tried again."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from federation.delivery import error_in
from models.fediverse.host_states import HostPlace, HostState
from pod.actions.admin.dashboard import read_host, read_hosts, retry_host
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.admin.page_frame import AdminView, NoForm, admin_of, number_in, tabs
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/hosts"
ON_A_PAGE: Final = 200
SLOW_MS: Final = 10 * 60_000


class HostLine(msgspec.Struct, frozen=True):
    """A host; `bad` colours its state, which its words tell, too."""

    name: str
    href: str
    state: str
    bad: bool
    queue: str
    oldest: str
    succeeded: str
    error: str


class HostsView(AdminView, frozen=True):
    """Hosts, those that fail first; `older` leads to the next page."""

    hosts: tuple[HostLine, ...]
    older: str


class HostView(AdminView, frozen=True):
    """One host."""

    host: HostLine
    facts: tuple[tuple[str, str], ...]
    action: str


@routes.get("/admin/hosts")
@contract("admin", media_type=HTML)
async def get_hosts(request: web.Request) -> web.Response:
    """How all hosts answer."""
    admin_of(request)
    deps, say = request.app[DEPS], say_of(request)
    found = await read_hosts(deps, ON_A_PAGE + 1, after=_after(request))
    shown = found[:ON_A_PAGE]
    lines = tuple(_line(say, one, deps.clock()) for one in shown)
    older = _href_behind(shown[-1]) if len(found) > ON_A_PAGE else ""
    return render(request, "admin/hosts.html", HostsView(lines, older, **tabs(request, PAGE)))


def _after(request: web.Request) -> HostPlace | None:
    """Where the page before ended, as its link says."""
    attempts, waiting = (number_in(request.query.get(name, "")) or 0 for name in ("attempts", "waiting"))
    host = request.query.get("after", "")
    return HostPlace(attempts, waiting, host) if host else None


def _href_behind(last: HostState) -> str:
    asked = {"attempts": last.host.attempts, "waiting": last.waiting, "after": last.host.host}
    return f"{PAGE}?{urlencode(asked)}"


@routes.get("/admin/hosts/{host}")
@contract("admin", media_type=HTML)
async def get_host(request: web.Request) -> web.Response:
    """How one host answers."""
    admin_of(request)
    deps, say = request.app[DEPS], say_of(request)
    found = await read_host(deps, request.match_info["host"])
    line = _line(say, found, deps.clock())
    view = HostView(line, _facts(say, found, line), f"{line.href}/retry", **tabs(request, PAGE))
    return render(request, "admin/host.html", view)


@routes.post("/admin/hosts/{host}/retry")
@contract("admin", media_type=HTML)
async def post_retry(request: web.Request) -> web.Response:
    """Try what waits for the host now."""
    admin, host = admin_of(request), request.match_info["host"]
    await read_form(request, NoForm)
    await retry_host(request.app[DEPS], admin, host)
    return see_other(f"{PAGE}/{host}", said="retried")


def _line(say: Translator, one: HostState, now: int) -> HostLine:
    host, oldest = one.host, one.oldest_at
    bad = host.attempts > 0
    return HostLine(
        name=host.host,
        href=f"{PAGE}/{host.host}",
        state=_state(say, one, now),
        bad=bad,
        queue=say.number(one.waiting),
        oldest=say.moment(oldest) if oldest is not None else "",
        succeeded=say.moment(host.last_succeeded_at) if host.last_succeeded_at is not None else say("never"),
        error=error.told(say.language) if (error := error_in(host.last_error)) else "",
    )


def _state(say: Translator, one: HostState, now: int) -> str:
    if one.host.attempts:
        return say("failing")
    if one.host.last_succeeded_at is None:
        return say("new")
    slow = one.oldest_at is not None and now - one.oldest_at > SLOW_MS
    return say("slow") if slow else say("ok")


def _facts(say: Translator, one: HostState, line: HostLine) -> tuple[tuple[str, str], ...]:
    host = one.host
    told = [
        (say("State"), line.state),
        (say("Waiting"), line.queue),
        (say("The oldest since"), line.oldest),
        (say("Last taken"), line.succeeded),
        (say("Failed tries since"), say.number(host.attempts) if host.attempts else ""),
        (say("Failing since"), say.moment(host.first_failed_at) if host.first_failed_at is not None else ""),
        (say("Tried again"), say.moment(host.next_at) if host.next_at is not None and host.attempts else ""),
        (say("Signatures"), host.scheme or ""),
    ]
    return tuple((name, value) for name, value in told if value)
