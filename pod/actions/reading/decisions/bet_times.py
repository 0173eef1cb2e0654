"""How the bets on a statement came in: which stood at what time, told once they are all opened."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.poll_bets import sealed_bets
from models.decisions.activity import list_log_sizes
from models.decisions.opened_bets import load_opened_bets
from pod.actions.decisions.poll_course import PollSoFar, said_before
from protocol.ids import RecordId

MOST_TIMES: Final = 40


class BetsAt(msgspec.Struct, frozen=True):
    """The bets (thousandths) that stood at a time (ms)."""

    at: int
    bets: tuple[int, ...]


async def load_bet_times(session: AsyncSession, so_far: PollSoFar, statement: RecordId) -> tuple[BetsAt, ...]:
    """The bets on a statement of the last round whose bets are opened, at most MOST_TIMES times; empty before.

    Of somebody who bet several times the last bet is opened alone, so each stands from when it was sealed.
    """
    course, facts, group = so_far.course, so_far.facts, so_far.poll.group_id
    if course is None or facts is None:
        return ()
    held = next((one for one in reversed(course.rounds) if one.openings is not None), None)
    opened = await load_opened_bets(session, group, so_far.poll.id)
    if held is None or held.bets is None or not opened or opened[-1].round != held.number:
        return ()
    bets = opened[-1].bets.get(statement, {})
    sealed = sealed_bets(await said_before(session, so_far.poll, facts, ("Sealed",), held.bets.size), held, facts.may)
    placed = sorted((sealed[member].leaf, bet) for member, bet in bets.items() if member in sealed)
    if not placed:
        return ()
    sizes = await list_log_sizes(session, group, above=placed[0][0], most=held.bets.size)
    return _times(placed, sizes)


def _times(placed: Sequence[tuple[int, int]], sizes: Sequence[tuple[int, int]]) -> tuple[BetsAt, ...]:
    """`placed`: leaf and bet, in order; `sizes`: of the log, with the time of the first item that has it, in order."""
    bounds = [size for size, _ in sizes]
    counts: dict[int, int] = {}
    for count, (leaf, _) in enumerate(placed, start=1):
        place = bisect_right(bounds, leaf)
        if place < len(sizes):
            counts[sizes[place][1]] = count
    chosen = _spaced(list(counts.items()))
    return tuple(BetsAt(at, tuple(bet for _, bet in placed[:count])) for at, count in chosen)


def _spaced(times: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Not more than are drawn, the first and the last among them."""
    if len(times) <= MOST_TIMES:
        return times
    last = len(times) - 1
    return [times[round(place * last / (MOST_TIMES - 1))] for place in range(MOST_TIMES)]
