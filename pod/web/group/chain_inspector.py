"""The chain inspector shows a group's items in words, who signed them and by which rule, and checks the whole chain."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from aiohttp import web

from models.groups.groups_and_items import StoredItem
from pod.actions.access import Reader
from pod.actions.reading.group.chain_check import check_group
from pod.actions.reading.group.chain_inspector import ChainSight, ItemSight, inspect_chain, load_wire
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.plots.items import Dot, item_line
from pod.plots.plot import Plot
from pod.translations import Translator
from pod.web.group.operation_wording import change_in, rule_of
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import host_of, member_name, short
from pod.web.kit.forms import read_form
from pod.web.kit.queries import before_of, number_in, with_query
from pod.web.kit.refusals import sentence_of
from pod.web.kit.templates import FILE_HEADERS, held, render
from pod.web.kit.visitors import account_of, reader_of, say_of
from protocol.ids import parse_id
from protocol.records.chain import GroupRoot, Handover

routes = web.RouteTableDef()
ON_A_PAGE: Final = 25


class ChangeRow(msgspec.Struct, frozen=True):
    """An operation in words. `void` says which rule refused it; `rule` which allowed it."""

    text: str
    rule: str
    void: str


class ChainItemView(msgspec.Struct, frozen=True):
    """An item of the timeline."""

    height: str
    anchor: str
    kind: str
    at: str
    by: str
    holds: bool
    verdict: str
    fault: str
    state: str
    confirmed: str
    changes: tuple[ChangeRow, ...]
    rival: str
    json: str


class ChainView(msgspec.Struct, frozen=True):
    """A page of the timeline, the newest first."""

    frame: PageFrame
    rows: tuple[ChainItemView, ...]
    plot: Plot
    forked: bool
    older: str


class CheckedView(msgspec.Struct, frozen=True):
    """What came of checking everything: (number of the item, what is wrong)."""

    frame: PageFrame
    verdict: str
    holds: bool
    facts: tuple[tuple[str, str], ...]
    faults: tuple[tuple[str, str], ...]


class CheckForm(msgspec.Struct, frozen=True):
    """Nothing but the token."""


@routes.get("/g/{group}/chain")
@contract("reader", media_type=HTML)
@held
async def get_chain_page(request: web.Request) -> web.Response:
    """The items of the group's chain in words, each with its proofs checked again."""
    _, frame = await load_frame(request, "chain")
    reader: Reader = reader_of(request)
    seen = await inspect_chain(request.app[DEPS], reader, frame.group, before=before_of(request), limit=ON_A_PAGE)
    return render(request, "group/chain.html", _view(say_of(request), frame, seen))


def _view(say: Translator, frame: PageFrame, seen: ChainSight) -> ChainView:
    own = f"/g/{frame.group}/chain"
    return ChainView(
        frame=frame,
        rows=tuple(_row(say, own, item, seen) for item in seen.items),
        plot=item_line(say, [_dot(say, item) for item in seen.items]),
        forked=any(item.rival for item in seen.items),
        older="" if seen.next is None else with_query(own, [("before", str(seen.next))]),
    )


def _row(say: Translator, own: str, item: ItemSight, seen: ChainSight) -> ChainItemView:
    holds = not item.fault
    keepers = ", ".join(member_name(say, number, seen.nicknames.get(number, "")) for number in item.confirmed)
    return ChainItemView(
        height=str(item.height),
        anchor=f"item-{item.height}" if not item.rival else f"item-{item.item[-8:]}",
        kind=kind_in(say, item),
        at=say.moment(item.at),
        by=_signers(say, item, seen),
        holds=holds,
        verdict=say("verified") if holds else say("doesn't hold"),
        fault=item.fault,
        state=state_in(say, item),
        confirmed=say("confirmed by %(keepers)s", keepers=keepers) if keepers else "",
        changes=tuple(
            ChangeRow(
                change_in(say, entry, seen.nicknames),
                "" if entry.void else rule_of(say, entry),
                sentence_of(say, entry.void) if entry.void else "",
            )
            for entry in item.operations
        ),
        rival=_why_not(say, item, seen) if item.rival else "",
        json="" if item.rival else f"{own}/{item.height}",
    )


def kind_in(say: Translator, item: ItemSight) -> str:
    """What sort of item it is."""
    content = item.record.content if item.record else None
    if isinstance(content, Handover):
        keepers = say.many("%(count)s keeper", "%(count)s keepers", len(content.keepers))
        return say("Handover to %(pod)s, %(keepers)s", pod=host_of(content.steward.pod), keepers=keepers)
    if isinstance(content, GroupRoot):
        return say("Root: the group was founded")
    return say("Seal")


def state_in(say: Translator, item: ItemSight) -> str:
    """What became of an item."""
    if item.rival:
        return say("beside the branch")
    return say("settled") if item.settled else say("not settled yet")


def _signers(say: Translator, item: ItemSight, seen: ChainSight) -> str:
    if item.record is None:
        return ""
    known = [host_of(seen.pods[did]) for did in item.record.signers if did in seen.pods]
    more = len(item.record.signers) - len(known)
    if isinstance(item.record.content, GroupRoot):
        return say("signed by the founder")
    told = ", ".join(dict.fromkeys(known)) or short(item.record.signers[0])
    return (
        say("signed by %(who)s and %(more)s keys more", who=told, more=more)
        if known and more
        else say("signed by %(who)s", who=told)
    )


def _why_not(say: Translator, item: ItemSight, seen: ChainSight) -> str:
    rivals = [other for other in seen.items if other.height == item.height and not other.rival]
    if rivals and item.term < rivals[0].term:
        return say("This pod follows the other branch: it has a higher term.")
    if rivals and len(rivals[0].confirmed) > len(item.confirmed):
        return say("This pod follows the other branch: more keepers confirmed it.")
    return say("This pod follows the other branch: what is settled here, or at a proven fault the lowest id, decides.")


def _dot(say: Translator, item: ItemSight) -> Dot:
    shape = "square" if item.type == "Handover" else "circle"
    state = say("doesn't hold") if item.fault else state_in(say, item)
    return Dot(item.height, kind_in(say, item), state, shape, item.settled and not item.fault, item.rival)


@routes.get("/g/{group}/chain/{height}")
@contract("reader")
async def get_chain_item(request: web.Request) -> web.Response:
    """The item at a height as it was signed: canonical JSON with its proofs."""
    group, height = parse_id(request.match_info["group"]), number_in(request.match_info["height"], "height")
    wire = await load_wire(request.app[DEPS], reader_of(request), group, height)
    return web.Response(body=wire, content_type="application/json", headers=FILE_HEADERS)


@routes.post("/g/{group}/chain/check")
@contract("account", media_type=HTML)
async def post_chain_check(request: web.Request) -> web.Response:
    """Check every proof, fold the chain from its root, recompute the log: the same verdict as `pod group verify`."""
    await read_form(request, CheckForm)
    _, frame = await load_frame(request, "chain")
    verified, heights = await check_group(request.app[DEPS], account_of(request), frame.group)
    say = say_of(request)
    view = CheckedView(
        frame=frame,
        verdict=say("All of it holds.") if not verified.faults else say("Something doesn't hold."),
        holds=not verified.faults,
        facts=(
            (say("Items"), say.number(verified.items)),
            (say("Confirmations"), say.number(verified.acks)),
            (say("Log entries"), say.number(verified.entries)),
            (say("State"), short(verified.state_hash)),
        ),
        faults=tuple((_number(fault, heights), fault) for fault in verified.faults),
    )
    return render(request, "group/checked.html", view)


_ID: Final = re.compile(r"bagaaiera[a-z2-7]{52}")


def _number(fault: str, heights: dict[str, StoredItem]) -> str:
    found = _ID.search(fault)
    return str(heights[found.group()].height) if found and found.group() in heights else ""
