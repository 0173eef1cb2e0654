"""What keeps this pod from confirming the items above the settled one, in sentences that people can act on."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import StoredGroup
from models.groups.seats_and_acks import load_keeper
from pod.actions.chain.seat_memory import findings_on_branch, memory_of
from pod.deps import Deps
from protocol.branches import View
from protocol.ids import RecordId
from protocol.keeping import LogFindings, SeatRefusedError, check_presentable

PATIENCE_MS = 60_000  # a seal's records may still be on their way
MOST_SHOWN = 20


class Doubt(msgspec.Struct, frozen=True):
    """An item of our branch that an honest keeper wouldn't confirm now, and the rule that forbids it."""

    item: RecordId
    height: int
    rule: str
    reason: str


async def list_doubts(session: AsyncSession, deps: Deps, view: View, stored: StoredGroup) -> tuple[Doubt, ...]:
    """The items above the settled one whose time or log is wrong, or whose records are missing, the lowest first."""
    now = deps.clock()
    memory = memory_of(await load_keeper(session, view.state.group, deps.identity.keyring.pod_key.did))
    doubts = []
    for item, findings in (await findings_on_branch(session, view, stored, memory, most=MOST_SHOWN)).items():
        state = view.nodes[item].state
        under_way = not findings.complete and state.at > now - PATIENCE_MS
        try:
            check_presentable(memory, state, _now(findings, under_way=under_way), now=now)
        except SeatRefusedError as refusal:
            if item != view.anchor:
                doubts.append(Doubt(item, state.height, refusal.refused.rule.key, refusal.refused.detail))
    return tuple(doubts)


def _now(findings: LogFindings, *, under_way: bool) -> LogFindings:
    return msgspec.structs.replace(findings, complete=findings.complete or under_way)
