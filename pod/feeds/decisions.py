"""Phases of polls for calendars (iCal) and feed readers (Atom): of one group, or by a secret of all one's groups."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from aiohttp import web

from models.people.accounts import Account
from pod.actions.accounts.feed_secrets import whose_feed
from pod.actions.reading.decisions.calendar import Phases, list_group_phases, list_own_phases
from pod.app_keys import ANSWERS, DEPS
from pod.budgets.payers import pay_as
from pod.contracts import ATOM, CALENDAR, contract
from pod.feeds.atom import atom_of
from pod.feeds.ical import calendar_of
from pod.feeds.wording import date_event, event_of, feed_of, feed_title
from pod.file_answers import file_answer
from pod.translations import DEFAULT, Translator, preferred, translator_for
from protocol.ids import parse_id

routes = web.RouteTableDef()
OWN: Final = {"Cache-Control": "private, max-age=900", "Referrer-Policy": "no-referrer"}
OPEN: Final = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language"}
Write = Callable[[web.Request, Translator, Phases], bytes]


@routes.get("/feeds/{secret}/decisions.ics")
@contract(media_type=CALENDAR)
async def get_own_calendar(request: web.Request) -> web.Response:
    """The phases of polls in all of somebody's groups, for their calendar."""
    return await _own(request, _calendar, CALENDAR)


@routes.get("/feeds/{secret}/decisions.atom")
@contract(media_type=ATOM)
async def get_own_atom(request: web.Request) -> web.Response:
    """What has begun in polls of all of somebody's groups."""
    return await _own(request, _atom, ATOM)


@routes.get("/g/{group}/polls.ics")
@contract(media_type=CALENDAR)
async def get_group_calendar(request: web.Request) -> web.Response:
    """The phases of a group's polls, for calendars; not of private groups."""
    return await _of_group(request, _calendar, CALENDAR)


@routes.get("/g/{group}/polls.atom")
@contract(media_type=ATOM)
async def get_group_atom(request: web.Request) -> web.Response:
    """What has begun in a group's polls; not of private groups."""
    return await _of_group(request, _atom, ATOM)


async def _own(request: web.Request, write: Write, kind: str) -> web.Response:
    deps = request.app[DEPS]
    account: Account = await whose_feed(deps, request.match_info["secret"])
    await pay_as(request, account)
    say = translator_for(account.language or DEFAULT)
    return file_answer(request, write(request, say, await list_own_phases(deps, account)), kind, OWN)


async def _of_group(request: web.Request, write: Write, kind: str) -> web.Response:
    say = translator_for(preferred(request.headers.get("Accept-Language", "")) or DEFAULT)
    made = await request.app[ANSWERS].get((request.path, say.language), partial(_made, request, write, say, kind))
    assert isinstance(made.body, bytes)
    return file_answer(request, made.body, kind, OPEN)


async def _made(request: web.Request, write: Write, say: Translator, kind: str) -> web.Response:
    phases = await list_group_phases(request.app[DEPS], parse_id(request.match_info["group"]))
    return web.Response(body=write(request, say, phases), content_type=kind)


def _calendar(request: web.Request, say: Translator, phases: Phases) -> bytes:
    base = request.app[DEPS].identity.base_url
    events = [event_of(say, base, phase) for phase in phases.phases]
    return calendar_of(feed_title(say, phases), [*events, *(date_event(say, base, date) for date in phases.dates)])


def _atom(request: web.Request, say: Translator, phases: Phases) -> bytes:
    deps = request.app[DEPS]
    return atom_of(feed_of(say, deps.identity.base_url, request.path, phases, now=deps.clock()))
