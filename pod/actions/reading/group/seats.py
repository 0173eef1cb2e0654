"""Who keeps a group's order: steward and keepers, how far each confirmed it, and what waits since when."""

from __future__ import annotations

import msgspec

from models.groups.seats_and_acks import load_highest_confirmed
from models.people.accounts import load_membership
from pod.actions.access import Reader, open_group
from pod.actions.chain.seat_memory import load_waiting_since
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.state import quorum


class SeatSight(msgspec.Struct, frozen=True):
    """A keeper. `confirmed`: the highest item that it confirmed, as far as this pod knows; −1 for none."""

    number: int
    nickname: str
    pod: str
    here: bool
    steward: bool
    confirmed: int


class SeatsSight(msgspec.Struct, frozen=True):
    """All seats. `waiting_since`: when the oldest thing that isn't settled came; None if nothing waits.

    `agreed`: the item that named these keepers is settled. Until then a handover also needs the former keepers.
    """

    seats: tuple[SeatSight, ...]
    agreed: bool
    steward: str
    here: bool
    needed: int
    head_height: int
    term: int
    waiting_since: int | None
    keeper: bool
    handover_after_ms: int


async def describe_seats(deps: Deps, reader: Reader, group: RecordId) -> SeatsSight:
    """Steward and keepers of a group; `keeper`: the reader is a keeper whose home is this pod."""
    async with deps.store.database.read() as session:
        view = (await open_group(session, deps, reader, group)).view
        state = view.state
        highest = await load_highest_confirmed(session, group)
        nicknames = await load_nicknames(session, deps, group, [seat.member for seat in state.seats])
        membership = await load_membership(session, reader.id, group) if reader else None
        waiting = await load_waiting_since(session, view, now=deps.clock())
    own = deps.identity.keyring.pod_key.did
    seats = tuple(
        SeatSight(
            seat.member,
            nicknames.get(seat.member, ""),
            state.members[seat.member].home.pod,
            seat.key == own,
            state.members[seat.member].home.key == state.steward.key,
            highest.get(seat.member, -1),
        )
        for seat in state.seats
    )
    number = membership.number if membership else None
    return SeatsSight(
        seats,
        view.settled.seats == state.seats,
        state.steward.pod,
        state.steward.key == own,
        quorum(len(seats)),
        state.height,
        state.term,
        waiting,
        any(seat.here and seat.number == number for seat in seats),
        state.handover_after_ms(),
    )
