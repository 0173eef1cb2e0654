"""Votes -> registers and sums: a vote moves its target's counts by what it changes, and nothing is counted twice.

The newest of a register is chosen by (key, counter, id) as in `protocol.votes`; what comes late changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.content import MEMBERS, SCORES, VOTES, Tally, target_key
from models.upserts import chunks, insert_into, upsert
from moderation.scores import contribution
from protocol.ids import RecordId
from protocol.records.content import Token
from protocol.votes import CastVote, counts, current_votes, rank

# Every token of a reaction begins so; no token of another target does.
_REACTION = '{"reaction":'
Deltas = dict[tuple[RecordId, Token], Tally]


def newer(table: Table, excluded: Any) -> ColumnElement[bool]:
    """The register's order: ids compare as text here, because their stored bytes do."""
    return tuple_(excluded.key, excluded.counter, excluded.record_id) > tuple_(
        table.c.key, table.c.counter, table.c.record_id
    )


async def project_votes(session: AsyncSession, votes: Iterable[tuple[RecordId, CastVote]]) -> None:
    """Fold votes (group, vote) into registers and sums."""
    by_group: dict[RecordId, list[CastVote]] = defaultdict(list)
    for group, vote in votes:
        by_group[group].append(vote)
    rows: list[dict[str, Any]] = []
    deltas = _Deltas()
    for group, cast in by_group.items():
        newest = list(current_votes(cast).values())
        standing = await _load_standing(session, group, newest)
        weights = await load_weights(session, group, {vote.member for vote in newest})
        for vote in newest:
            old = standing.get((vote.member, target_key(vote.target)))
            if old is not None and old[1:] >= rank(vote):
                continue
            rows.append(_row(group, vote))
            weight = weights.get(vote.member)
            deltas.add(group, vote.target, effect(vote.target, vote.value, weight), 1)
            if old is not None:
                deltas.add(group, vote.target, effect(vote.target, old[0], weight), -1)
    await upsert(session, VOTES, rows, newer)
    await deltas.apply(session)


async def reweigh(session: AsyncSession, group: RecordId, weights: Mapping[int, tuple[int | None, int | None]]) -> None:
    """Move the sums of these members' targets, and no others, from old weights to new ones; None: not a member."""
    deltas = _Deltas()
    for member, token, value in await _load_votes_of(session, group, weights):
        old, new = weights[member]
        deltas.add(group, token, effect(token, value, old), -1)
        deltas.add(group, token, effect(token, value, new), 1)
    await deltas.apply(session)


async def retract_votes(session: AsyncSession, group: RecordId, member: int) -> None:
    """Take all registers of a member out; those that still count are folded in again by the caller."""
    weight = (await load_weights(session, group, [member])).get(member)
    deltas = _Deltas()
    for _, token, value in await _load_votes_of(session, group, [member]):
        deltas.add(group, token, effect(token, value, weight), -1)
    await session.execute(delete(VOTES).where(VOTES.c.group_id == group, VOTES.c.member == member))
    await deltas.apply(session)
    await session.execute(delete(SCORES).where(SCORES.c.group_id == group, SCORES.c.votes == 0))


def effect(token: Token, value: int, weight: int | None) -> Tally:
    """What one register adds to its target's counts."""
    counted = counts(weight)
    return Tally(
        sum_micro=0 if token.startswith(_REACTION) else contribution(value, weight),
        up=int(counted and value > 0),
        down=int(counted and value < 0),
        supporters=int(weight is not None and weight >= 0 and value > 0),
        votes=1,
    )


class _Deltas:
    """Changes of counts, gathered so that a target is written once."""

    def __init__(self) -> None:
        self._changes: Deltas = {}

    def add(self, group: RecordId, token: Token, tally: Tally, sign: int) -> None:
        before = msgspec.structs.astuple(self._changes.get((group, token), Tally()))
        after = msgspec.structs.astuple(tally)
        self._changes[group, token] = Tally(*(old + sign * new for old, new in zip(before, after, strict=True)))

    async def apply(self, session: AsyncSession) -> None:
        rows = [
            {"group_id": group, "target": target_key(token), "token": token, **msgspec.structs.asdict(tally)}
            for (group, token), tally in self._changes.items()
        ]
        if not rows:
            return
        statement = insert_into(session, SCORES)
        changes = {name: SCORES.c[name] + statement.excluded[name] for name in Tally.__struct_fields__}
        await session.execute(
            statement.on_conflict_do_update(index_elements=["group_id", "target"], set_=changes), rows
        )


async def load_weights(session: AsyncSession, group: RecordId, members: Iterable[int]) -> Mapping[int, int]:
    """The weights of those of the members who haven't left."""
    weights: dict[int, int] = {}
    for some in chunks(members):
        wanted = select(MEMBERS.c.number, MEMBERS.c.weight).where(
            MEMBERS.c.group_id == group, MEMBERS.c.number.in_(some), MEMBERS.c.left.is_(False)
        )
        weights.update((number, weight) for number, weight in await session.execute(wanted))
    return weights


async def _load_standing(
    session: AsyncSession, group: RecordId, votes: Sequence[CastVote]
) -> dict[tuple[int, bytes], tuple[int, int, int, RecordId]]:
    standing = {}
    columns = (VOTES.c.member, VOTES.c.target, VOTES.c.value, VOTES.c.key, VOTES.c.counter, VOTES.c.record_id)
    for some in chunks(votes):
        keys = [(vote.member, target_key(vote.target)) for vote in some]
        wanted = select(*columns).where(VOTES.c.group_id == group, tuple_(VOTES.c.member, VOTES.c.target).in_(keys))
        for member, target, value, key, counter, record in await session.execute(wanted):
            standing[member, target] = (value, key, counter, record)
    return standing


async def _load_votes_of(
    session: AsyncSession, group: RecordId, members: Iterable[int]
) -> list[tuple[int, Token, int]]:
    found: list[tuple[int, Token, int]] = []
    for some in chunks(members):
        wanted = (
            select(VOTES.c.member, SCORES.c.token, VOTES.c.value)
            .join(SCORES, (SCORES.c.group_id == VOTES.c.group_id) & (SCORES.c.target == VOTES.c.target))
            .where(VOTES.c.group_id == group, VOTES.c.member.in_(some))
            .order_by(VOTES.c.member, VOTES.c.target)
        )
        found += [(member, token, value) for member, token, value in await session.execute(wanted)]
    return found


def _row(group: RecordId, vote: CastVote) -> dict[str, Any]:
    return {
        "group_id": group,
        "member": vote.member,
        "target": target_key(vote.target),
        "value": vote.value,
        "key": vote.key,
        "counter": vote.counter,
        "record_id": vote.id,
        "at": vote.at,
        "reason": vote.reason,
    }
