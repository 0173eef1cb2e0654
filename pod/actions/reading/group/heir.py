"""Where a group continues is shown to its owners and to people who may find the new group, and not to those left out.

The id stands in the group's chain, which its pods need whole; people are shown the items that name it without their
signed form, and a private group's member pulls its chain up to there.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from pod.actions.access import ReadableGroup, open_those
from pod.deps import Deps
from protocol.ids import RecordId, parse_id


async def untold(
    session: AsyncSession, deps: Deps, opened: ReadableGroup, wires: Collection[bytes]
) -> frozenset[bytes]:
    """Those of these items and operations that name a group which the reader may not know of."""
    named = {wire: heirs for wire in wires if (heirs := _heirs_in(wire))}
    if not named or (opened.member is not None and opened.state.is_owner(opened.member)):
        return frozenset()
    found = await open_those(session, deps, opened.viewer, frozenset().union(*named.values()))
    told = {group for group, heir in found.items() if heir.is_met}
    return frozenset(wire for wire, heirs in named.items() if not heirs <= told)


def _heirs_in(wire: bytes) -> frozenset[RecordId]:
    """The groups that an item, or an operation, names as the group's continuation."""
    if b'"succeed"' not in wire:
        return frozenset()
    body: dict[str, Any] = msgspec.json.decode(wire)
    wishes = [body, *body.get("operations", [])]
    return frozenset(parse_id(one["with"]["group"]) for one in wishes if _names_heir(one))


def _names_heir(body: Any) -> bool:
    if not isinstance(body, dict) or body.get("do") != "succeed":
        return False
    wish = body.get("with")
    return isinstance(wish, dict) and isinstance(wish.get("group"), str)
