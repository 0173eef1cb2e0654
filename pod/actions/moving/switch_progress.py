"""How a switch to this pod stands, group by group, as its page shows it."""

from __future__ import annotations

from typing import Final

import msgspec

from models.groups.groups_and_items import load_lines
from models.moving.moves import Move
from models.moving.newcomers import NewcomerGroup, count_newcomer_groups, list_shown_groups
from pod.actions.moving.begun_switches import entering, newcomer_of
from pod.actions.moving.old_pod import refusal_in
from pod.actions.moving.switch_rehome import REFUSALS_BEFORE_PLAIN
from pod.deps import Deps
from pod.errors import NotNowError
from pod.rules.switches import SwitchRule
from protocol.errors import Refused
from protocol.ids import RecordId

MOST_SHOWN: Final = 200


class ArrivingGroup(msgspec.Struct, frozen=True):
    """A group; `why`: by which rule the old pod refused last; `plain`: it may go without the other keepers."""

    group: RecordId
    name: str
    personal: bool
    standing: str
    why: Refused | None
    plain: bool


class SwitchStanding(msgspec.Struct, frozen=True):
    """A switch: whether the account is here, whether it opens to this browser, and its groups, unsettled ones first."""

    here: bool
    enters: bool
    settled: int
    total: int
    groups: tuple[ArrivingGroup, ...]


async def look_at_standing(deps: Deps, move: Move) -> SwitchStanding:
    """How the switch of a move stands now."""
    newcomer = await newcomer_of(deps, move)
    if newcomer is None or newcomer.account_id is None:
        return SwitchStanding(here=False, enters=False, settled=0, total=0, groups=())
    async with deps.store.database.read() as session:
        told = await list_shown_groups(session, newcomer.personal_group, MOST_SHOWN)
        lines = await load_lines(session, [one.group_id for one in told])
        total, settled = await count_newcomer_groups(session, newcomer.personal_group)
    names = {group: line.name for group, line in lines.items()}
    groups = tuple(_standing(one, names, newcomer.personal_group) for one in told)
    return SwitchStanding(True, await _enters(deps, move), settled, total, groups)


def _standing(told: NewcomerGroup, names: dict[RecordId, str], person: RecordId) -> ArrivingGroup:
    why = refusal_in(told.why.encode()) if told.why else None
    refused = why is not None and why.rule is SwitchRule.SEAT_REFUSED
    times = why.facts.get("times") if why is not None and refused else 0
    plain = isinstance(times, int) and times >= REFUSALS_BEFORE_PLAIN and not told.plain
    standing = "let go" if told.let_go else told.standing
    name = names.get(told.group_id) or told.name
    return ArrivingGroup(told.group_id, name, told.group_id == person, standing, why, plain)


async def _enters(deps: Deps, move: Move) -> bool:
    try:
        await entering(deps, move)
    except NotNowError:
        return False
    return True
