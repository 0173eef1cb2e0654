"""Votes -> registers and sums: a vote moves its target's counts by what it changes, and nothing is counted twice.

The newest of a register is chosen by (key, counter, id) as in `protocol.votes`; what comes late changes nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import MEMBERS, NO_VOTES, SCORES, VOTES, Tally, target_key
from models.content.projections.rows import CastHere
from models.engine.statements import AllKeys, EachRow
from models.engine.upserts import Insert, chunks, insert_on, upsert
from moderation.scores import contribution
from protocol.ids import RecordId
from protocol.records.content import Token
from protocol.votes import CastVote, counts, current_votes, rank

# Only tokens of reactions begin with this.
_REACTION = '{"reaction":'
_POST = '{"post":'
Deltas = dict[tuple[RecordId, Token], Tally]
_Targets = set[tuple[RecordId, bytes]]


def newer(table: Table, excluded: Any) -> ColumnElement[bool]:
    """SQL condition: the excluded row is newer, as `protocol.votes.rank` says. Stored ids sort as their texts do."""
    return tuple_(excluded.key, excluded.counter, excluded.record_id) > tuple_(
        table.c.key, table.c.counter, table.c.record_id
    )


async def project_votes(session: AsyncSession, votes: Iterable[CastHere]) -> None:
    """Fold votes into registers and sums."""
    by_group: dict[RecordId, list[CastVote]] = defaultdict(list)
    here: dict[RecordId, CastHere] = {}
    for cast_here in votes:
        by_group[cast_here.group].append(cast_here.vote)
        here[cast_here.vote.id] = cast_here
    rows: list[dict[str, Any]] = []
    deltas, reposted = _Deltas(), _Targets()
    for group, cast in by_group.items():
        newest = list(current_votes(cast).values())
        standing = await _load_standing(session, group, newest)
        weights = await load_weights(session, group, {vote.member for vote in newest})
        for vote in newest:
            old = standing.get((vote.member, target_key(vote.target)))
            if old is not None and old[1:4] >= rank(vote):
                continue
            row = _row(here[vote.id])
            rows.append(row)
            if row["reposted"] is not None or (old is not None and old[4] is not None):
                reposted.add((group, row["target"]))
            weight = weights.get(vote.member)
            deltas.add(group, vote.target, effect(vote.target, vote.value, weight), 1)
            if old is not None:
                deltas.add(group, vote.target, effect(vote.target, old[0], weight), -1)
    await upsert(session, VOTES, rows, newer)
    await deltas.apply(session)
    await note_reposts(session, reposted)


async def reweigh(session: AsyncSession, group: RecordId, weights: Mapping[int, tuple[int | None, int | None]]) -> None:
    """Change the sums of these members' targets, and no others, from old weights to new ones; None: not a member."""
    deltas = _Deltas()
    for member, token, value, _ in await _load_votes_of(session, group, weights):
        old, new = weights[member]
        deltas.add(group, token, effect(token, value, old), -1)
        deltas.add(group, token, effect(token, value, new), 1)
    await deltas.apply(session)


async def retract_votes(session: AsyncSession, group: RecordId, member: int) -> None:
    """Remove all registers of a member; the caller folds those that still count in again."""
    weight = (await load_weights(session, group, [member])).get(member)
    deltas, reposted = _Deltas(), _Targets()
    for _, token, value, seq in await _load_votes_of(session, group, [member]):
        deltas.add(group, token, effect(token, value, weight), -1)
        if seq is not None:
            reposted.add((group, target_key(token)))
    await session.execute(delete(VOTES).where(VOTES.c.group_id == group, VOTES.c.member == member))
    await deltas.apply(session)
    await note_reposts(session, reposted)
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
    """Changes of counts, collected so that each target is written once."""

    def __init__(self) -> None:
        self._changes: Deltas = {}

    def add(self, group: RecordId, token: Token, tally: Tally, sign: int) -> None:
        old = self._changes.get((group, token), NO_VOTES)
        self._changes[group, token] = Tally(
            sum_micro=old.sum_micro + sign * tally.sum_micro,
            up=old.up + sign * tally.up,
            down=old.down + sign * tally.down,
            supporters=old.supporters + sign * tally.supporters,
            votes=old.votes + sign * tally.votes,
        )

    async def apply(self, session: AsyncSession) -> None:
        rows = [
            {"group_id": group, "target": target_key(token), "token": token, **msgspec.structs.asdict(tally)}
            for (group, token), tally in self._changes.items()
        ]
        await _ADDED.run(session, rows)


def _add_counts(engine: str) -> Insert:
    statement = insert_on(engine, SCORES)
    changes = {name: SCORES.c[name] + statement.excluded[name] for name in Tally.__struct_fields__}
    return statement.on_conflict_do_update(index_elements=["group_id", "target"], set_=changes)


_ADDED: Final = EachRow(_add_counts, ("group_id", "target", "token", *Tally.__struct_fields__))


async def note_reposts(session: AsyncSession, targets: Collection[tuple[RecordId, bytes]]) -> None:
    """Set on these (group, target) scores which repost, of those that still count, is first here and in the log."""
    first = {
        name: select(func.min(VOTES.c[name]))
        .where(VOTES.c.group_id == SCORES.c.group_id, VOTES.c.target == SCORES.c.target, VOTES.c.reposted.is_not(None))
        .scalar_subquery()
        for name in ("reposted", "repost_place")
    }
    for some in chunks(targets):
        touched = tuple_(SCORES.c.group_id, SCORES.c.target).in_(some)
        await session.execute(update(SCORES).where(touched).values(**first))


async def load_weights(session: AsyncSession, group: RecordId, members: Iterable[int]) -> Mapping[int, int]:
    """The weights of these members, by number, without those who left."""
    return dict(await _WEIGHTS.run(session, list(members), group=group))


_WEIGHTS: Final = AllKeys(
    lambda keys: select(MEMBERS.c.number, MEMBERS.c.weight).where(
        MEMBERS.c.group_id == bindparam("group"), MEMBERS.c.number.in_(keys), MEMBERS.c.left.is_(False)
    )
)
_STANDING_COLUMNS = [VOTES.c[name] for name in ("member", "target", "value", "key", "counter", "record_id", "reposted")]
_STANDING: Final = AllKeys(
    lambda keys: select(*_STANDING_COLUMNS).where(
        VOTES.c.group_id == bindparam("group"), tuple_(VOTES.c.member, VOTES.c.target).in_(keys)
    )
)


async def _load_standing(
    session: AsyncSession, group: RecordId, votes: Sequence[CastVote]
) -> dict[tuple[int, bytes], tuple[int, int, int, RecordId, int | None]]:
    keys = [(vote.member, target_key(vote.target)) for vote in votes]
    rows = await _STANDING.run(session, keys, group=group)
    return {(member, target): (value, *rank, reposted) for member, target, value, *rank, reposted in rows}


async def _load_votes_of(
    session: AsyncSession, group: RecordId, members: Iterable[int]
) -> list[tuple[int, Token, int, int | None]]:
    """(member, target, value, seq of a repost) for the votes of these members."""
    found: list[tuple[int, Token, int, int | None]] = []
    for some in chunks(members):
        wanted = (
            select(VOTES.c.member, SCORES.c.token, VOTES.c.value, VOTES.c.reposted)
            .join(SCORES, (SCORES.c.group_id == VOTES.c.group_id) & (SCORES.c.target == VOTES.c.target))
            .where(VOTES.c.group_id == group, VOTES.c.member.in_(some))
            .order_by(VOTES.c.member, VOTES.c.target)
        )
        found += [tuple(row) for row in await session.execute(wanted)]
    return found


def _row(cast_here: CastHere) -> dict[str, Any]:
    group, vote = cast_here.group, cast_here.vote
    elsewhere = vote.of_group not in (None, group) and vote.value > 0 and vote.target.startswith(_POST)
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
        "reposted": cast_here.seq if elsewhere else None,
        "repost_place": cast_here.place if elsewhere else None,
    }
