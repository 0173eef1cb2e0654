"""Owners draw the tree of their group's subject areas; a change holds once the steward has sealed it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from itertools import zip_longest
from typing import Any, Final

import msgspec
from aiohttp import web

from pod.actions.posts.records import submit, write_record
from pod.actions.reading.group.page_header import HeaderSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.groups import GroupRule
from pod.rules.questions import AskingRule
from pod.web.asking.asked import area_tree
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.limits import MAX_AREAS, MAX_NAME_LENGTH
from protocol.records.drafts import draft_wish
from protocol.records.operation import SetPolicy

routes = web.RouteTableDef()
REMOVE: Final = "remove-"
LONGEST_KEY: Final = 40
_NO_KEY: Final = re.compile(r"[^\w]+")


class AreaRow(msgspec.Struct, frozen=True):
    """An area as typed: its key, which stays for ever and is empty in a new row, its name, and the key above it."""

    key: str = ""
    name: str = ""
    parent: str = ""
    level: int = 0


class GroupAreasForm(msgspec.Struct, frozen=True):
    """The rows, as lists of one length. `do`: sign, add, or remove-3."""

    key: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    parent: tuple[str, ...] = ()
    do: str = ""


class GroupAreasView(msgspec.Struct, frozen=True):
    """The page; `known`: areas that others can be put below."""

    frame: PageFrame
    rows: tuple[tuple[int, AreaRow], ...]
    known: tuple[tuple[str, str], ...]
    problem: RefusalView | None = None
    at: int = 0


@routes.get("/g/{group}/areas")
@contract("account", media_type=HTML)
async def get_areas(request: web.Request) -> web.Response:
    """The group's subject areas, to be changed by its owners."""
    account_of(request)
    seen, _ = await load_frame(request, "about")
    return await _show(request, [*rows_of(seen), AreaRow()])


@routes.post("/g/{group}/areas")
@contract("account", media_type=HTML)
async def post_areas(request: web.Request) -> web.Response:
    """Add or take away a row; sign the tree."""
    form = await read_form(request, GroupAreasForm)
    # A list of one empty text is sent as none.
    rows = [AreaRow(*row) for row in zip_longest(form.key, form.name, form.parent, fillvalue="")]
    if form.do == "add":
        return await _show(request, [*rows, AreaRow()])
    if form.do.startswith(REMOVE):
        gone = form.do.removeprefix(REMOVE)
        return await _show(request, [row for number, row in enumerate(rows, 1) if str(number) != gone])
    return await act_or_show(partial(_sign, request, rows), partial(_show, request, rows))


def rows_of(seen: HeaderSight) -> list[AreaRow]:
    """The tree that holds now."""
    areas = seen.state.policy.areas or []
    parents = {area["area"]: area.get("parent", "") for area in areas}
    return [AreaRow(area.area, area.name, parents[area.area], area.level) for area in area_tree(areas)]


def areas_in(rows: Sequence[AreaRow]) -> list[dict[str, Any]]:
    """The tree that is typed, as a policy has it; raises MalformedError. Rows without a name are skipped."""
    filled = [row for row in rows if row.name]
    if len(filled) > MAX_AREAS:
        raise AskingRule.MANY_AREAS.error(most=MAX_AREAS)
    taken = {row.key for row in filled if row.key}
    areas: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        if not row.name:
            continue
        if len(row.name) > MAX_NAME_LENGTH:
            raise AskingRule.LONG_AREA.error(number=number, most=MAX_NAME_LENGTH)
        key = row.key or new_key(row.name, taken)
        taken.add(key)
        areas.append({"area": key, "name": row.name} | ({"parent": row.parent} if row.parent in taken else {}))
        if row.parent and row.key and _goes_round(row.key, rows):
            raise AskingRule.AREA_BELOW_ITSELF.error(number=number)
    return areas


def new_key(name: str, taken: set[str]) -> str:
    """A key for a new area that no other has: its name, as far as that goes."""
    plain = _NO_KEY.sub("-", name.casefold()).strip("-")[:LONGEST_KEY] or "area"
    others = (f"{plain}-{number}" for number in range(2, MAX_AREAS + 3))
    return next(key for key in (plain, *others) if key not in taken)


def _goes_round(key: str, rows: Sequence[AreaRow]) -> bool:
    parents = {row.key: row.parent for row in rows if row.key}
    at, steps = parents.get(key, ""), 0
    while at and at != key and steps <= len(parents):
        at, steps = parents.get(at, ""), steps + 1
    return bool(at)


async def _sign(request: web.Request, rows: Sequence[AreaRow]) -> web.Response:
    seen, _ = await load_frame(request, "about")
    wish = draft_wish(SetPolicy({"areas": areas_in(rows)}))
    await submit(request.app[DEPS], write_record, signer_of(request), seen.group, wish)
    return see_other(f"/g/{seen.group}/capabilities", said="asked")


async def _show(
    request: web.Request,
    rows: Sequence[AreaRow],
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    seen, frame = await load_frame(request, "about")
    if seen.weight is None or seen.weight < seen.state.owner_weight:
        raise GroupRule.ONLY_OWNERS_PROPOSE.error()
    say, number = say_of(request), refusal.refused.facts.get("number", 0) if refusal else 0
    view = GroupAreasView(
        frame,
        rows=tuple(enumerate(rows, 1)),
        known=(("", say("none: at the top")), *((row.key, row.name) for row in rows if row.key and row.name)),
        problem=problem_of(say, refusal) if refusal else None,
        at=number if isinstance(number, int) else 0,
    )
    return render(request, "asking/group_areas.html", view, status)
