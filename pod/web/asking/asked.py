"""Where a poll is being written: the group, who writes, and the links between the steps."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from decisions.poll_events import OPEN_POLL
from models.people.accounts import Account
from pod.actions.decisions.capabilities import may_ask
from pod.actions.reading.group.page_header import HeaderSight, load_header
from pod.app_keys import DEPS
from pod.rules.groups import GroupRule
from pod.rules.questions import AskingRule
from pod.translations import Translator
from pod.web.kit.visitors import account_of, say_of
from protocol.ids import parse_id

STEPS: Final = ("question", "kind", "areas", "phases", "votes", "preview")


class Area(msgspec.Struct, frozen=True):
    """A subject area of a group, with how deep it lies in the tree."""

    area: str
    name: str
    level: int


class AskedGroup(msgspec.Struct, frozen=True):
    """The group that is asked, as its asker reads it; `now` in ms."""

    account: Account
    seen: HeaderSight
    say: Translator
    now: int

    @property
    def own(self) -> str:
        """The address of the group's polls."""
        return f"/g/{self.seen.group}/polls"

    @property
    def areas(self) -> tuple[Area, ...]:
        """The group's subject areas, each below its own."""
        return area_tree(self.seen.state.policy.areas or [])


async def asked_in(request: web.Request) -> AskedGroup:
    """The group of the address; raises SignInError, UnknownGroupError, or what keeps the asker from asking it."""
    account, deps = account_of(request), request.app[DEPS]
    seen = await load_header(deps, account, parse_id(request.match_info["group"]))
    if seen.state.succeeded_by is not None:
        raise GroupRule.CLOSED.error()
    if not may_ask(seen.state, seen.weight):
        raise AskingRule.MAY_NOT_ASK.error(weight=seen.state.permission(OPEN_POLL))
    return AskedGroup(account, seen, say_of(request), deps.clock())


def area_tree(areas: list[dict[str, Any]]) -> tuple[Area, ...]:
    """Areas in the order of their tree; one whose parents lead in a circle or nowhere stands at the top."""
    known = {area["area"]: area for area in areas}
    below: dict[str, list[str]] = {}
    for name, area in known.items():
        parent = area.get("parent", "")
        below.setdefault(parent if parent in known else "", []).append(name)
    found: list[Area] = []
    waiting = [(name, 0) for name in reversed(below.get("", []))]
    while waiting:
        name, level = waiting.pop()
        found.append(Area(name, known[name]["name"], level))
        waiting += [(child, level + 1) for child in reversed(below.get(name, []))]
    reached = {area.area for area in found}
    return (*found, *(Area(name, known[name]["name"], 0) for name in known if name not in reached))
