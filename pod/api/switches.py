"""What a pod asks of another from which somebody moves: the person's word, freeze, handovers, rehomes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pod.actions.moving.asked_switches import ask_switch, redeem_switch
from pod.actions.moving.grant_messages import ConsentPage, ShownCode
from pod.actions.moving.switch_handover import DraftedHandover, WishedKey, draft_handover, sign_handover_of
from pod.actions.moving.switch_messages import AgreedSwitch, StoppedSwitch, WantedSwitch
from pod.actions.moving.switch_openings import OpeningsPage, OpeningsWish, openings_for
from pod.actions.moving.switch_rehome import AskedRehome, FreezeWish, FrozenAccount, freeze_for, rehome_for, stop_for
from pod.actions.moving.switch_unlogged import UnloggedPage, UnloggedWish, unlogged_for
from pod.api.callers import answer, group_of, object_of, pod_of, wish_of
from pod.app_keys import DEPS
from pod.contracts import contract
from protocol.ids import parse_id
from protocol.keys import parse_did
from protocol.limits import MAX_ITEM_BYTES
from protocol.records.envelope import open_record

routes = web.RouteTableDef()


async def _key_of(request: web.Request) -> WishedKey:
    wish = await wish_of(request, WishedKey)
    head = parse_id(wish.head) if wish.head is not None else None
    return WishedKey(parse_id(wish.group), parse_did(wish.signing), head, wish.plain)


@routes.post("/switches/{group}/asked")
@contract("pod", body=WantedSwitch, answer=ConsentPage)
async def post_asked_switch(request: web.Request) -> web.Response:
    """A pod that has copied the account asks to be its home; the answer says where its person agrees or refuses."""
    asker, person = await pod_of(request), group_of(request)
    return answer(await ask_switch(request.app[DEPS], asker, person, await wish_of(request, WantedSwitch)))


@routes.post("/switches/{group}/agreed")
@contract("pod", body=ShownCode, answer=AgreedSwitch)
async def post_agreed_switch(request: web.Request) -> web.Response:
    """The same pod shows the code with which the person's browser came back; from then on the consent holds."""
    asker, person = await pod_of(request), group_of(request)
    return answer(await redeem_switch(request.app[DEPS], asker, person, await wish_of(request, ShownCode)))


@routes.post("/switches/{group}/freeze")
@contract("pod", body=FreezeWish, answer=FrozenAccount)
async def post_freeze(request: web.Request) -> web.Response:
    """Refuse what the account with this personal group writes, and say what isn't settled yet."""
    asker, person = await pod_of(request), group_of(request)
    wish = await wish_of(request, FreezeWish)
    return answer(await freeze_for(request.app[DEPS], asker, person, wish.name))


@routes.post("/switches/{group}/stop")
@contract("pod", answer=StoppedSwitch)
async def post_stop(request: web.Request) -> web.Response:
    """Let the account write again and forget that it agreed, because its move can't go on."""
    asker, person = await pod_of(request), group_of(request)
    await stop_for(request.app[DEPS], asker, person)
    return answer(StoppedSwitch())


@routes.post("/switches/{group}/drafts")
@contract("pod", body=WishedKey, answer=DraftedHandover)
async def post_draft(request: web.Request) -> web.Response:
    """Draft the handover that moves a seat of this person to the pod that asks."""
    asker, person = await pod_of(request), group_of(request)
    return answer(await draft_handover(request.app[DEPS], asker, person, await _key_of(request)))


@routes.post("/switches/{group}/handovers")
@contract("pod", body=dict[str, Any], answer=DraftedHandover)
async def post_signed_draft(request: web.Request) -> web.Response:
    """Sign a drafted handover that the pod that asks has signed, and put it onto the chain."""
    asker, person = await pod_of(request), group_of(request)
    record = open_record(await object_of(request, most=2 * MAX_ITEM_BYTES))
    return answer(await sign_handover_of(request.app[DEPS], asker, person, record))


@routes.post("/switches/{group}/rehomes")
@contract("pod", body=WishedKey, answer=AskedRehome)
async def post_rehome(request: web.Request) -> web.Response:
    """Sign a rehome of this person, in a group that they don't keep, to the pod that asks."""
    asker, person = await pod_of(request), group_of(request)
    return answer(await rehome_for(request.app[DEPS], asker, person, await _key_of(request)))


@routes.post("/switches/{group}/openings")
@contract("pod", body=OpeningsWish, answer=OpeningsPage)
async def post_openings(request: web.Request) -> web.Response:
    """Tell the pod to which this person has moved what they sealed in polls and nothing opened yet, page by page."""
    asker, person = await pod_of(request), group_of(request)
    return answer(await openings_for(request.app[DEPS], asker, person, await wish_of(request, OpeningsWish)))


@routes.post("/switches/{group}/unlogged")
@contract("pod", body=UnloggedWish, answer=UnloggedPage)
async def post_unlogged(request: web.Request) -> web.Response:
    """Tell the pod to which this person has moved what they wrote, didn't wait for, and no log has, page by page."""
    asker, person = await pod_of(request), group_of(request)
    return answer(await unlogged_for(request.app[DEPS], asker, person, await wish_of(request, UnloggedWish)))
