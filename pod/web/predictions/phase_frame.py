"""What the pages of a poll's early phases have in common: the header, the ways between them, and the early end."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.phase_pages import PhaseSight, read_phase_page
from pod.app_keys import DEPS
from pod.translations import Translator
from pod.web.decisions.phase_tabs import Tab, phase_tabs
from pod.web.decisions.poll_header import PollHeader, header_of
from pod.web.decisions.status_sentence import stage_name
from pod.web.group.wording import member_name
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import parse_id


class PhaseFrame(msgspec.Struct, frozen=True):
    """The frame of a page. `forward`: the phase that the reader may end early; empty if they may not."""

    header: PollHeader
    tabs: tuple[Tab, ...]
    forward: str


async def load_phase(request: web.Request) -> PhaseSight:
    """The poll that the path names; raises UnknownGroupError or NotFoundError."""
    group, poll = parse_id(request.match_info["group"]), parse_id(request.match_info["poll"])
    return await read_phase_page(request.app[DEPS], reader_of(request), group, poll)


def frame_of(request: web.Request, seen: PhaseSight, here: str) -> PhaseFrame:
    """The frame of the page that is called `here`."""
    say = say_of(request)
    header = header_of(say, seen.page, request.app[DEPS].clock())
    forward = stage_name(say, seen.page.sight.status.stage) if seen.forward else ""
    tabs = phase_tabs(say, header.path, seen.page.sight.poll.lengths, here)
    return PhaseFrame(header, tabs, forward)


def named(say: Translator, seen: PhaseSight, number: int) -> str:
    """How the page calls a member."""
    return member_name(say, number, seen.names.get(number, ""))
