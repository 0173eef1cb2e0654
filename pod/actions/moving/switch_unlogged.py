"""What somebody who moved wrote in a group that they didn't wait for, and no log has, is written anew at the new pod.

1. The old pod tells it only once the personal group has moved, only to the home that the account moved to, and only of
   groups for which its person didn't wait: they agreed to that there, and had proved who they are.
2. The new pod writes it with the member's new key, once the move is settled there and it has the log up to the move.
   What that log has isn't written twice. What a group's rules refuse now is left out.
3. A post that is written anew has another id, which takes the old one's place in what is written anew after it.
4. Posts, their changes and erasures, votes on them, and a profile are written anew. What decides, or belongs to one
   phase of a poll, isn't: its person says that again.

Spec: portability.md section 3, step 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby, pairwise
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.readers import VerifiedPod
from models.groups.groups_and_items import load_held
from models.groups.records import LOGGED, PENDING, REFUSED, StoredRecord, list_of_author, load_places
from models.moving.departures import list_unwaited
from models.moving.newcomers import Newcomer, NewcomerGroup, load_newcomer_group, note_standing
from models.people.accounts import Account, load_membership
from pod.actions.chain.views import load_view
from pod.actions.moving.departing_members import open_departure
from pod.actions.moving.old_pod import ask_old_pod
from pod.actions.posts.records import write_for
from pod.actions.signer import ARRIVING, Arrived
from pod.actions.sync.page_budget import PageBudget
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.records.content import Header
from protocol.records.drafts import Draft
from protocol.records.envelope import Record, open_record, reopen_record

Body = dict[str, Any]
AT_ONCE: Final = 200
MOST_PAGES: Final = 100
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
    after = (parse_id(wish.group), wish.counter) if wish.group else ("", 0)
    async with deps.store.database.read() as session:
        departure, account = await open_departure(session, asker, person)
        if departure.item is None:
            raise SwitchRule.NOT_COMMITTED.error()
        found: list[StoredRecord] = []
        for group in sorted(await list_unwaited(session, account.id)):
            if group >= after[0] and len(found) <= AT_ONCE:
                found += await _unlogged(session, deps, account, group)
    found = [one for one in found if (one.group_id, one.counter or 0) > after]
    budget, records = PageBudget(), list[Body]()
    for one in found[:AT_ONCE]:
        if not budget.take(one.wire):
            break
        records.append(reopen_record(one.wire).body)
    return UnloggedPage(tuple(records), len(records) < len(found))


async def _unlogged(session: AsyncSession, deps: Deps, account: Account, group: RecordId) -> list[StoredRecord]:
    """What the account wrote with its last key here, and the log that counts for it doesn't have, by counter."""
    membership = await load_membership(session, account.id, group)
    if membership is None or membership.state != "moved":
        return []
    view = await load_view(session, deps, group)
    number = view.state.keys[membership.signing]
    until = view.state.members[number].keys[membership.key_index].until
    end = view.settled.log.size if until is None else until
    stored = await list_of_author(session, group, (PENDING, REFUSED, LOGGED), number)
    found = [
        one
        for one in stored
        if one.type in ARRIVING
        and one.key == membership.key_index
        and not one.erased
        and (one.log_index is None or one.log_index >= end)
    ]
    return sorted(found, key=lambda one: one.counter or 0)


async def write_unlogged(deps: Deps, newcomer: Newcomer, account: Account) -> tuple[RecordId, ...]:
    """Write anew here what the old pod tells; returns the groups that it belongs to and where it can't be written yet.

    May be asked for again: nothing is written twice. Raises RemoteError, or MalformedError for an answer out of order.
    """
    after, waiting, names = UnloggedWish(), set[RecordId](), dict[str, str]()
    for _ in range(MOST_PAGES):
        page = await ask_old_pod(deps, newcomer, "unlogged", after, UnloggedPage)
        records = [open_record(body) for body in page.records]
        _check(page, records, after)
        for group, run in groupby(records, lambda record: record.group):
            action = partial(_write, deps=deps, newcomer=newcomer, account=account, records=list(run), names=names)
            if not await deps.store.write(action):
                waiting.add(group)
        if not page.more:
            break
        after = UnloggedWish(records[-1].group, _counter(records[-1]))
    return tuple(sorted(waiting))


def _check(page: UnloggedPage, records: Sequence[Record], after: UnloggedWish) -> None:
    places = [(after.group, after.counter), *((str(record.group), _counter(record)) for record in records)]
    rises = all(lower < higher for lower, higher in pairwise(places))
    known = all(record.type in ARRIVING for record in records)
    if not rises or not known or len(records) > AT_ONCE or (page.more and not records):
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
    """Write one group's records; False while its move isn't settled here, or the log up to it isn't."""
    group = records[0].group
    told = await load_newcomer_group(session, newcomer.personal_group, group)
    if told is None or told.let_go:
        return True
    end = await _end_of_key(session, deps, account, told)
    if end is None:
        return False
    logged = await load_places(session, [record.id for record in records])
    for record in records:
        is_own = (record.body["author"], record.body["key"]) == (told.number, told.keys - 1)
        place = logged.get(record.id)
        if not is_own or _counter(record) <= told.anew or (place is not None and place < end):
            continue
        members = {name: value for name, value in record.body.items() if name not in _ENVELOPE}
        said = Draft(record.type, _renamed(members, names))
        try:
            names[record.id] = (await write_for(session, deps, account, group, said, Arrived(account))).id
        except RefusedError:
            continue
    anew = max(told.anew, _counter(records[-1]))
    await note_standing(session, newcomer.personal_group, group, anew=anew)
    return True


async def _end_of_key(session: AsyncSession, deps: Deps, account: Account, told: NewcomerGroup) -> int | None:
    """The log size up to which the member's key at the old pod counts; None while that isn't settled and held here."""
    membership = await load_membership(session, account.id, told.group_id)
    held = await load_held(session, told.group_id)
    if membership is None or membership.number is None or held is None:
        return None
    settled = (await load_view(session, deps, told.group_id)).settled
    if membership.signing not in settled.keys:
        return None
    end = settled.members[told.number].keys[told.keys - 1].until
    return end if end is not None and held[1] >= end else None


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
