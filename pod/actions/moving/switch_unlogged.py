"""What somebody who moved wrote in a group that they didn't wait for, and no log has, is written anew at the new pod.

1. The old pod tells it only once the personal group has moved, only to the home that the account moved to, and only of
   groups for which its person didn't wait: they agreed to that there, and had proved who they are.
2. The new pod writes it with the member's new key, once the move is settled there and it has the log up to the move.
   What that log has isn't written twice. What a group's rules refuse now is left out. Only in groups of which the old
   pod said before the handover that they aren't waited for, only what the member's key there signed, and once: after
   the first answer that is told to its end, or a day after the first question, the group is closed for good.
3. A record that is written anew has another id, which is stored in the same commit, and takes the old one's place in
   what is written anew after it, also after a kill.
4. Posts, their changes, votes on them, and a profile are written anew. What decides, or belongs to one phase of a poll,
   isn't, nor what erases: its person says that again. In the personal group nothing is.

Spec: portability.md section 3, step 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby, pairwise
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.readers import VerifiedPod
from models.groups.groups_and_items import load_held
from models.groups.records import StoredRecord, load_places
from models.moving.departures import list_unwaited
from models.moving.newcomers import (
    Newcomer,
    NewcomerGroup,
    list_unwritten_groups,
    load_anew,
    load_newcomer_group,
    note_anew,
    note_standing,
)
from models.moving.unsettled import list_unlogged
from models.people.accounts import Account, load_membership
from pod.actions.chain.views import load_view
from pod.actions.moving.departing_members import open_departure
from pod.actions.moving.old_pod import ask_old_pod
from pod.actions.posts.records import write_for
from pod.actions.signer import ARRIVING, Arrived
from pod.actions.sync.page_budget import PageBudget
from pod.deps import Deps
from pod.errors import MovingError, PendingFullError
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.keys import DidKey
from protocol.records.content import Header
from protocol.records.drafts import Draft
from protocol.records.envelope import Record, open_record, reopen_record

Body = dict[str, Any]
AT_ONCE: Final = 200
MOST_PAGES: Final = 100
OPEN_MS: Final = 86_400_000
_ENVELOPE: Final = frozenset({"type", "rules", "group", "proof", *Header.__annotations__})


class UnloggedWish(msgspec.Struct, frozen=True):
    """Up to which group, and which counter there, the asker has the records; "": it has none."""

    group: str = ""
    counter: int = 0


class UnloggedPage(msgspec.Struct, frozen=True):
    """Records by group and counter; `more`: whether others follow."""

    records: tuple[Body, ...]
    more: bool = False


async def unlogged_for(deps: Deps, asker: VerifiedPod, person: RecordId, wish: UnloggedWish) -> UnloggedPage:
    """Tell a page of records to the pod to which the account has moved; raises NotFoundError or NotNowError."""
    after = parse_id(wish.group) if wish.group else ""
    async with deps.store.database.read() as session:
        departure, account = await open_departure(session, asker, person)
        if departure.item is None:
            raise SwitchRule.NOT_COMMITTED.error()
    await deps.store.limits.take("what no log has of a departure", person, now=deps.clock())
    found: list[StoredRecord] = []
    async with deps.store.database.read() as session:
        for group in sorted(await list_unwaited(session, account.id) - {person}):
            if group >= after and len(found) <= AT_ONCE:
                told = wish.counter if group == after else 0
                found += await _unlogged(session, deps, account, group, after=told)
    budget, records = PageBudget(), list[Body]()
    for one in found[:AT_ONCE]:
        if not budget.take(one.wire):
            break
        records.append(reopen_record(one.wire).body)
    return UnloggedPage(tuple(records), len(records) < len(found))


async def _unlogged(
    session: AsyncSession, deps: Deps, account: Account, group: RecordId, *, after: int
) -> list[StoredRecord]:
    """What the account wrote with its last key here, and the log that counts for it doesn't have, by counter.

    At most one more than a page holds.
    """
    membership = await load_membership(session, account.id, group)
    if membership is None or membership.state != "moved":
        return []
    view = await load_view(session, deps, group)
    number = view.state.keys[membership.signing]
    until = view.state.members[number].keys[membership.key_index].until
    end = view.settled.log.size if until is None else until
    signed = number, membership.key_index
    return await list_unlogged(session, group, signed, ARRIVING, end=end, after=after, limit=AT_ONCE + 1)


async def write_unlogged(deps: Deps, newcomer: Newcomer, account: Account) -> tuple[RecordId, ...]:
    """Write anew here what the old pod tells; returns the groups that it may belong to and can't be written in yet.

    May be asked for again: nothing is written twice, and a group in which all was told once is never asked for again.
    Raises RemoteError, or MalformedError for an answer out of order.
    """
    ready, waiting = await deps.store.write(partial(_ready, deps=deps, newcomer=newcomer, account=account))
    if not ready:
        return waiting
    async with deps.store.database.read() as session:
        names = await load_anew(session, newcomer.personal_group)
    after, left = UnloggedWish(min(ready), ready[min(ready)]), set[RecordId]()
    for _ in range(MOST_PAGES):
        page = await ask_old_pod(deps, newcomer, "unlogged", after, UnloggedPage)
        records = [open_record(body) for body in page.records]
        _check(page, records, after)
        for group, run in groupby(records, lambda record: record.group):
            action = partial(_write, deps=deps, newcomer=newcomer, account=account, records=list(run), names=names)
            if group in ready and group not in left and not await deps.store.write(action):
                left.add(group)
        if not page.more:
            break
        after = UnloggedWish(records[-1].group, _counter(records[-1]))
    await deps.store.write(partial(_close, newcomer=newcomer, groups=ready.keys() - left))
    return (*waiting, *sorted(left))


async def _ready(
    session: AsyncSession, deps: Deps, newcomer: Newcomer, account: Account
) -> tuple[dict[RecordId, int], tuple[RecordId, ...]]:
    """The unwaited groups that can be written in now, with the counter up to which they are, and those that can't.

    From the first question on the old pod has a day to answer, whatever it says.
    """
    ready, waiting, now = dict[RecordId, int](), list[RecordId](), deps.clock()
    for told in await list_unwritten_groups(session, newcomer.personal_group, now):
        if await _old_key(session, deps, account, told) is None:
            waiting.append(told.group_id)
            continue
        ready[told.group_id] = told.anew
        until = min(told.anew_until, now + OPEN_MS)
        await note_standing(session, newcomer.personal_group, told.group_id, anew_until=until)
    return ready, tuple(waiting)


async def _close(session: AsyncSession, newcomer: Newcomer, groups: Iterable[RecordId]) -> None:
    """Note that all of these groups was told: what the old key signs from now on is never written anew."""
    for group in groups:
        await note_standing(session, newcomer.personal_group, group, anew_until=0)


def _check(page: UnloggedPage, records: Sequence[Record], after: UnloggedWish) -> None:
    # Only a record of these types is sure to have a counter.
    if not all(record.type in ARRIVING for record in records):
        raise SwitchRule.OTHER_ANSWER.error()
    places = [(after.group, after.counter), *((str(record.group), _counter(record)) for record in records)]
    rises = all(lower < higher for lower, higher in pairwise(places))
    if not rises or len(records) > AT_ONCE or (page.more and not records):
        raise SwitchRule.OTHER_ANSWER.error()


def _counter(record: Record) -> int:
    return int(record.body["counter"])


async def _write(
    session: AsyncSession,
    deps: Deps,
    newcomer: Newcomer,
    account: Account,
    records: Sequence[Record],
    names: dict[str, str],
) -> bool:
    """Write one group's records anew, those that the member's key at the old pod signed, and no others.

    False where the group takes nothing for now: what it didn't take is asked for again.
    """
    group = records[0].group
    told = await load_newcomer_group(session, newcomer.personal_group, group)
    old = await _old_key(session, deps, account, told) if told is not None and not told.let_go else None
    if told is None or old is None:
        return True
    logged, anew = await load_places(session, [record.id for record in records]), told.anew
    for record in records:
        is_own = (record.body["author"], record.body["key"]) == (told.number, told.keys - 1)
        place = logged.get(record.id)
        if not is_own or old.did not in record.signers or _counter(record) <= anew:
            continue
        if place is None or place >= old.end:
            try:
                written = await _written(session, deps, account, record, names)
                await note_anew(session, newcomer.personal_group, record.id, written)
                names[record.id] = written
            except (MovingError, PendingFullError):
                await note_standing(session, newcomer.personal_group, group, anew=anew)
                return False
            except RefusedError:
                pass  # the group's rules refuse it for good
        anew = _counter(record)
    await note_standing(session, newcomer.personal_group, group, anew=anew)
    return True


async def _written(
    session: AsyncSession, deps: Deps, account: Account, record: Record, names: dict[str, str]
) -> RecordId:
    """The id of a record that says the same, signed by the member's key here."""
    members = {name: value for name, value in record.body.items() if name not in _ENVELOPE}
    said = Draft(record.type, _renamed(members, names))
    return (await write_for(session, deps, account, record.group, said, Arrived(account))).id


class _OldKey(msgspec.Struct, frozen=True):
    """The member's key at the old pod. `end`: the log size up to which what it signed counts."""

    did: DidKey
    end: int


async def _old_key(session: AsyncSession, deps: Deps, account: Account, told: NewcomerGroup) -> _OldKey | None:
    """None while the move or the log up to it isn't settled here; OTHER_ANSWER for a key that was never theirs."""
    membership = await load_membership(session, account.id, told.group_id)
    held = await load_held(session, told.group_id)
    if membership is None or membership.number is None or held is None:
        return None
    settled = (await load_view(session, deps, told.group_id)).settled
    if membership.signing not in settled.keys:
        return None
    member = settled.members.get(told.number)
    if membership.number != told.number or member is None or not 0 < told.keys < len(member.keys):
        raise SwitchRule.OTHER_ANSWER.error()
    key = member.keys[told.keys - 1]
    return _OldKey(key.did, key.until) if key.until is not None and held[1] >= key.until else None


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """The same members with the new ids of records that were written anew."""
    match value:
        case dict():
            return {name: _renamed(one, names) for name, one in value.items()}
        case list():
            return [_renamed(one, names) for one in value]
        case str():
            return names.get(value, value)
        case _:
            return value
