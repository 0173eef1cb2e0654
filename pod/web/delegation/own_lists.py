"""A member's lists of delegates: looked at scope by scope, changed button by button, and signed once they are right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.decisions.delegations import delegate
from pod.actions.posts.records import submit
from pod.actions.reading.decisions.delegations import (
    OwnDelegations,
    OwnList,
    describe_own_delegations,
    find_member,
    list_areas,
    look_at_list,
)
from pod.actions.reading.decisions.own_votes import list_previews
from pod.actions.reading.group.page_header import HeaderSight
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.delegations import DelegationRule
from pod.translations import Translator
from pod.web.decisions.wording import poll_title
from pod.web.delegation.vote_tree import VoteTreeView, tree_view
from pod.web.delegation.wording import called, scope_name, warning_words
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.queries import number_in, with_query
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import MalformedError, RefusedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_DELEGATES
from protocol.records.content import UNSIGNED, Delegation
from protocol.records.drafts import draft

routes = web.RouteTableDef()
DAY_MS = 86_400_000


class ListForm(msgspec.Struct, frozen=True):
    """A list as it stands in the form, of an area, a poll or (neither) the group, and the button.

    `step` is add, look, save, or up, down or remove with a place: `up-2`.
    """

    area: str = ""
    poll: str = ""
    delegates: tuple[str, ...] = ()
    who: str = ""
    until: str = ""
    named: bool = False
    step: str = "look"

    @property
    def numbers(self) -> list[int]:
        """The members on the list."""
        return [number_in(number, "delegates") for number in self.delegates]


class ListRow(msgspec.Struct, frozen=True):
    """A place of the list in the form."""

    number: int
    name: str
    first: bool
    last: bool


class ListsView(msgspec.Struct, frozen=True):
    """All lists, and one in the form. `receipt`: the record that holds the list, and its place in the log."""

    frame: PageFrame
    action: str
    may: bool
    declared: bool
    scopes: tuple[tuple[str, str, str, bool], ...]
    scope: str
    form: ListForm
    rows: tuple[ListRow, ...]
    warnings: tuple[str, ...]
    receipt: str
    changed: bool
    full: bool
    previews: tuple[VoteTreeView, ...]
    problem: RefusalView | None


@routes.get("/g/{group}/delegation")
@contract("account", media_type=HTML)
async def get_lists(request: web.Request) -> web.Response:
    """Whom one's vote follows: in the group, an `area` or a `poll`; `add` puts a member on the list, unsigned."""
    account_of(request)
    asked = ListForm(area=request.query.get("area", ""), poll=request.query.get("poll", ""))
    return await _show(request, asked, add=request.query.get("add", ""))


@routes.post("/g/{group}/delegation")
@contract("account", media_type=HTML)
async def post_list(request: web.Request) -> web.Response:
    """Move, add and remove without signing; sign the list when it is right."""
    form, signer = await read_form(request, ListForm), signer_of(request)
    return await act_or_show(partial(_step, request, form, signer), partial(_show, request, form, typed=True))


async def _step(request: web.Request, form: ListForm, signer: Person) -> web.Response:
    if form.step == "save":
        return await _save(request, form, signer)
    numbers = await _after_step(request, form)
    moved = msgspec.structs.replace(form, delegates=tuple(map(str, numbers)), who="")
    return await _show(request, moved, typed=True)


async def _after_step(request: web.Request, form: ListForm) -> list[int]:
    """The list after the button."""
    step, _, told = form.step.partition("-")
    numbers = form.numbers
    if step == "add" or (step == "look" and form.who):
        return await _with(request, numbers, form.who)
    place = number_in(told, "step") if told else len(numbers)
    if step == "remove":
        return [number for at, number in enumerate(numbers) if at != place]
    other = place - 1 if step == "up" else place + 1
    if step in ("up", "down") and 0 <= other < len(numbers) and place < len(numbers):
        numbers[place], numbers[other] = numbers[other], numbers[place]
    return numbers


async def _with(request: web.Request, numbers: list[int], who: str) -> list[int]:
    group = parse_id(request.match_info["group"])
    found = await find_member(request.app[DEPS], account_of(request), group, who)
    if found in numbers:
        raise DelegationRule.LISTED_ALREADY.error(number=found)
    if len(numbers) >= MAX_DELEGATES:
        raise DelegationRule.TOO_LONG_A_LIST.error(most=MAX_DELEGATES)
    return [*numbers, found]


async def _save(request: web.Request, form: ListForm, signer: Person) -> web.Response:
    group = parse_id(request.match_info["group"])
    if form.who:
        form = msgspec.structs.replace(form, delegates=tuple(map(str, await _with(request, form.numbers, form.who))))
    await submit(request.app[DEPS], delegate, signer, group, draft(_said(form)))
    path = with_query(f"/g/{group}/delegation", [("area", form.area), ("poll", form.poll)])
    return see_other(path, said="delegated")


def _said(form: ListForm) -> Delegation:
    return Delegation(
        delegates=tuple(form.numbers),
        area=form.area or None,
        poll=parse_id(form.poll) if form.poll else None,
        expires=_end_of(form.until) if form.until else None,
        named=form.named,
        **UNSIGNED,
    )


def _end_of(day: str) -> int:
    """The end (ms) of a day in UTC; raises MalformedError."""
    try:
        at = date.fromisoformat(day)
    except ValueError as error:
        raise DelegationRule.NOT_A_DAY.error() from error
    return int(datetime(at.year, at.month, at.day, tzinfo=UTC).timestamp() * 1000) + DAY_MS


def _typed_end(day: str) -> int | None:
    """As `_end_of`; None while what is typed is no day."""
    try:
        return _end_of(day)
    except MalformedError:
        return None


def _day_of(expires: int | None) -> str:
    if expires is None:
        return ""
    return datetime.fromtimestamp((expires - 1) / 1000, UTC).date().isoformat()


async def _show(
    request: web.Request,
    form: ListForm,
    *,
    typed: bool = False,
    add: str = "",
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    seen, frame = await load_frame(request, "delegates")
    own = await describe_own_delegations(deps, account, seen.group)
    areas = dict(await list_areas(deps, account, seen.group))
    said = _said(msgspec.structs.replace(form, delegates=(), until=""))
    held = next((one for one in own.lists if one.scope == said.scope), None)
    if not typed:
        form = _kept(form, held)
    if add and add not in form.delegates and len(form.delegates) < MAX_DELEGATES:
        form = msgspec.structs.replace(form, delegates=(*form.delegates, add))
    said = msgspec.structs.replace(said, delegates=tuple(form.numbers), expires=_typed_end(form.until))
    looked = await look_at_list(deps, account, seen.group, said)
    sights = await list_previews(deps, account, seen.group, said.scope, form.numbers)
    say = say_of(request)
    view = _view(say, seen, frame, (own, held, looked), form, areas)
    trees = [
        tree_view(say, sight, f"/g/{seen.group}/polls/{sight.poll.id}", areas, key=f"preview-{place}", preview=True)
        for place, sight in enumerate(sights)
    ]
    problem = problem_of(say, refusal) if refusal else None
    view = msgspec.structs.replace(view, previews=tuple(trees), problem=problem)
    return render(request, "delegation/lists.html", view, status)


def _kept(form: ListForm, held: OwnList | None) -> ListForm:
    """The list of the form's scope as it was signed last."""
    if held is None:
        return form
    numbers = tuple(str(one.number) for one in held.delegates)
    return msgspec.structs.replace(form, delegates=numbers, until=_day_of(held.expires), named=held.named)


def _view(
    say: Translator,
    seen: HeaderSight,
    frame: PageFrame,
    lists: tuple[OwnDelegations, OwnList | None, OwnList],
    form: ListForm,
    areas: Mapping[str, str],
) -> ListsView:
    own, held, looked = lists
    path = f"/g/{seen.group}/delegation"
    names = {one.number: one.nickname for one in looked.delegates} | {own.number: say("You")}
    last = len(looked.delegates) - 1
    rows = [
        ListRow(one.number, called(say, one.number, {one.number: one.nickname}), place == 0, place == last)
        for place, one in enumerate(looked.delegates)
    ]
    signed = tuple(one.number for one in held.delegates) if held is not None else ()
    return ListsView(
        frame=frame,
        action=path,
        may=own.may_delegate,
        declared=own.declared,
        scopes=tuple(_scopes(say, own, areas, path, looked.scope)),
        scope=_poll_name(say, own, looked) or scope_name(say, looked.scope, areas),
        form=form,
        rows=tuple(rows),
        warnings=tuple(warning_words(say, one, names) for one in looked.warnings),
        receipt=_receipt(say, held),
        changed=tuple(form.numbers) != signed,
        full=len(rows) >= MAX_DELEGATES,
        previews=(),
        problem=None,
    )


def _poll_name(say: Translator, own: OwnDelegations, looked: OwnList) -> str:
    poll = next((one.poll for one in own.lists if one.scope == looked.scope and one.poll), None)
    return poll_title(say, poll) if poll is not None else ""


def _scopes(
    say: Translator, own: OwnDelegations, areas: Mapping[str, str], path: str, here: str
) -> list[tuple[str, str, str, bool]]:
    """(where, what it is called, whom it names, whether it is in the form) of the group, all areas and some polls."""
    held = {one.scope: one for one in own.lists}
    found = [("group", path, say("the whole group"))]
    found += [(f"area {area}", with_query(path, [("area", area)]), name) for area, name in areas.items()]
    known = {scope for scope, _, _ in found}
    for one in own.lists:
        if one.scope not in known and one.poll is not None:
            found.append((one.scope, with_query(path, [("poll", one.poll.id)]), poll_title(say, one.poll)))
    return [(href, name, _named(say, held.get(scope)), scope == here) for scope, href, name in found]


def _named(say: Translator, one: OwnList | None) -> str:
    if one is None:
        return say("no list")
    if not one.delegates:
        return say("follows nobody here")
    return ", ".join(called(say, named.number, {named.number: named.nickname}) for named in one.delegates)


def _receipt(say: Translator, held: OwnList | None) -> str:
    if held is None or held.record is None:
        return ""
    if held.index is None:
        return say("Signed as record %(record)s; it is on its way to the group's log.", record=_short(held.record))
    return say(
        "Signed as record %(record)s; it stands in the group's log at place %(place)s.",
        record=_short(held.record),
        place=say.number(held.index),
    )


def _short(record: RecordId) -> str:
    return f"…{record[-8:]}"
