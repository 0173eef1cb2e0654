"""A group's chain between the store and `protocol.branches`: load the view, take items and acks, keep what moved.

Only this module and `sealing` change a chain. Everything is stored before anybody is told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from unicodedata import normalize

from msgspec import json
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import project_members, project_places
from models.decisions.deadlines import look_again
from models.engine.writer import after_commit
from models.groups.groups_and_items import (
    StoredGroup,
    StoredItem,
    drop_items,
    insert_group,
    insert_item,
    load_group,
    load_revision,
    move_head,
    set_group,
    set_on_chain,
)
from models.groups.log_tiles import delete_side_logs, truncate_log
from models.groups.proposals import load_tries, save_tries
from models.groups.seats_and_acks import load_keeper, save_keeper
from models.groups.waiting_records import mark_sealed, reopen_operations
from models.people.accounts import list_signing, set_membership
from pod.actions.chain.branch_logs import keep_side_logs, place_side_logs
from pod.actions.chain.changed_members import may_have_changed
from pod.actions.chain.fault_evidence import keep_faults, load_faults
from pod.actions.chain.log_places import frontier_in
from pod.actions.chain.poll_openings import keep_poll_events
from pod.actions.chain.rejudged_records import judge_anew, let_back, refuse_pending
from pod.actions.chain.seat_memory import memory_of, stored_keeper
from pod.actions.chain.snapshots import keep_settled, keep_whole, load_base
from pod.actions.chain.stored_chain import all_acks, all_items
from pod.actions.chain.void_operations import dump_void
from pod.actions.notifications import note_invited, note_joined, note_weighed
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.branches import Fault, View, anchored, opened, resolve
from protocol.branches.weighing import path_to
from protocol.chain import found
from protocol.errors import Refused
from protocol.ids import RecordId
from protocol.keeping import kept_in_mind
from protocol.keys import DidKey
from protocol.records.chain import BadOperation, GroupRoot, Handover, Seal
from protocol.records.envelope import Record, reopen_record
from protocol.records.operation import Join, Operation, Rehome, Rekey, SetWeight
from protocol.state import GroupState, dump_rest


class HeadMovedError(RuntimeError):
    """Another process moved the group's head meanwhile; the action is undone and may be tried again."""


async def take_root(session: AsyncSession, deps: Deps, root: Record, *, local: bool, now: int) -> View:
    """Hold the group of `root`; a group that is held already stays as it is."""
    known = await load_group(session, root.id)
    if known:
        return await load_view(session, deps, root.id)
    state = found(root).state
    content = root.content
    assert isinstance(content, GroupRoot)
    await insert_group(
        session,
        StoredGroup(
            id=root.id,
            kind=content.kind,
            name=state.policy.name,
            visibility=state.visibility,
            local=local,
            head_id=root.id,
            head_height=0,
            anchor_id=root.id,
            anchor_height=0,
            log_size=0,
            log_peaks=b"",
            snapshot=dump_rest(state),
            snapshot_item=root.id,
            added_at=now,
            published=_public_name(state),
        ),
    )
    await keep_whole(session, state)
    await insert_item(session, replace(stored_item(root, state), on_chain=True))
    await project_members(session, state)
    view = opened(root)
    deps.store.views.move(session, view)
    deps.signals.wake(session, root.id)
    return view


async def load_view(session: AsyncSession, deps: Deps, group: RecordId) -> View:
    """The group's view, from memory or folded from the last snapshot; raises UnknownGroupError."""
    views = deps.store.views
    version = await deps.store.database.seen_by(session)
    if (view := views.checked(group, version=version)) is not None:
        return view
    revision = await load_revision(session, group)
    if revision is None:
        raise GroupRule.UNKNOWN_GROUP.error()
    if (view := views.check(group, revision, version=version)) is not None:
        return view
    return views.keep(await _folded(session, group, views.settled(group)), revision, version=version)


async def find_view(deps: Deps, group: RecordId) -> View:
    """As `load_view` without a session; opens one only if something was written since."""
    version = await deps.store.database.version()
    if (view := deps.store.views.checked(group, version=version)) is not None:
        return view
    async with deps.store.database.read() as session:
        return await load_view(session, deps, group)


async def _folded(session: AsyncSession, group: RecordId, known: Iterable[GroupState]) -> View:
    stored = await load_group(session, group)
    assert stored is not None
    base = await load_base(session, stored, known)
    items = await all_items(session, group, base.height + 1)
    acks = await all_acks(session, group, base.height)
    wires = [item.wire for item in items] + [ack.wire for ack in acks]
    records = [reopen_record(wire) for wire in wires]
    view = resolve(base, records, stored.anchor_id) if records else anchored(base)
    return replace(view, faults=_joined(await load_faults(session, group), view.faults))


def _joined(kept: tuple[Fault, ...], found_anew: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """The faults with stored evidence, and those that the items still held prove."""
    known = {(fault.kind, fault.key, fault.term) for fault in kept}
    return (*kept, *(fault for fault in found_anew if (fault.kind, fault.key, fault.term) not in known))


async def note_move(session: AsyncSession, deps: Deps, before: View, after: View) -> None:
    """Store what changed between two views of a group: head, members, anchor. Both must hold all items in between."""
    group = after.state.group
    deps.store.views.move(session, after)
    if after.state.term != before.state.term:
        # In a new term the steward's time is counted from the beginning.
        tries = await load_tries(session, group, after.anchor)
        await save_tries(session, replace(tries, counting_from=deps.clock()))
    if after.head != before.head:
        await _follow_head(session, deps, before, after)
        await _follow_members(session, before, after)
    if after.faults != before.faults:
        await keep_faults(session, before, after, now=deps.clock())
    if after.anchor != before.anchor:
        await _follow_anchor(session, before, after)
        await keep_in_mind(session, deps, before, after)
    deps.signals.wake(session, group)


async def keep_in_mind(session: AsyncSession, deps: Deps, before: View, after: View) -> None:
    """Store for this pod's seat if the item that it confirmed last has lost for good."""
    stored = await load_keeper(session, after.state.group, deps.identity.keyring.pod_key.did, lock=True)
    memory = memory_of(stored)
    if (kept := kept_in_mind(memory, before, after)) is not memory:
        await save_keeper(session, stored_keeper(after.state.group, kept))


async def _follow_head(session: AsyncSession, deps: Deps, before: View, after: View) -> None:
    group = after.state.group
    removed, added = _moves(before, after)
    if removed:
        fork = before.nodes[before.nodes[removed[0]].parent or before.anchor].state
        await keep_side_logs(session, before, removed)
        await _cut_log(session, group, fork.log.size)
        await reopen_operations(session, removed)
    await set_on_chain(session, added, removed)
    head = after.nodes[after.head]
    assert head.record is not None
    stored = stored_item(head.record, head.state)
    if not await move_head(session, group, expected=before.head, head=stored):
        raise HeadMovedError(f"The head of {group} is no longer {before.head}.")
    if removed:
        await place_side_logs(session, after, added)
        await look_again(session, group)
    if (called := _listed_as(after.state)) != _listed_as(before.state):
        await set_group(session, group, **called)
    for item in added:
        await _note_operations(session, deps, after, item)
    if removed or after.state.term != before.state.term:
        # Another branch, or a handover, has other keys and weights, so refused records are judged again.
        await judge_anew(session, after.state)


def _listed_as(state: GroupState) -> dict[str, str | None]:
    """The columns of a group that lists use, so that they needn't open the group."""
    return {
        "name": state.policy.name,
        "visibility": state.visibility,
        "published": _public_name(state),
    }


def _public_name(state: GroupState) -> str | None:
    """The public name, in the form in which names are looked up; None if there is none."""
    return normalize("NFC", state.published) if state.published is not None else None


def _moves(before: View, after: View) -> tuple[list[RecordId], list[RecordId]]:
    """The items that left the way to the head, and those that joined it, each the lowest first."""
    if after.nodes[after.head].parent == before.head:
        return [], [after.head]
    known = {**dict(before.nodes), **dict(after.nodes)}
    old, new = path_to(known, before.head), path_to(known, after.head)
    on_old, on_new = frozenset(old), frozenset(new)
    return [item for item in old if item not in on_new], [item for item in new if item not in on_old]


async def _cut_log(session: AsyncSession, group: RecordId, size: int) -> None:
    """Take the places from entries above `size`, which a lost branch gave; the frontier is then that of the fork."""
    stored = await load_group(session, group, lock=True)
    if stored is None or stored.log_size <= size:
        return
    await project_places(session, await truncate_log(session, group, size))
    frontier = await frontier_in(session, stored, size)
    await set_group(session, group, log_size=size, log_peaks=b"".join(frontier.peaks))


def changed_members(before: View, after: View) -> set[int]:
    """The numbers of members who differ between two views of a group."""
    ours, state = before.state, after.state
    if state.members is ours.members:
        return set()
    # In persistent maps, unchanged members are the same object.
    maybe = may_have_changed(before, after)
    return {number for number in maybe if ours.members.get(number) is not state.members.get(number)}


async def _follow_members(session: AsyncSession, before: View, after: View) -> None:
    if not (changed := changed_members(before, after)):
        return
    await project_members(session, after.state, only=changed)
    await refuse_pending(session, after.state, [number for number in changed if number in before.state.members])
    await let_back(session, after.state, [number for number in changed if number not in before.state.members])


async def _note_operations(session: AsyncSession, deps: Deps, view: View, item: RecordId) -> None:
    node = view.nodes.get(item)
    if node is None or node.record is None:
        return
    content, state = node.record.content, node.state
    assert isinstance(content, Seal | Handover)
    void = {position for position, _ in node.void}
    done = [
        operation
        for position, operation in enumerate(content.operations)
        if position not in void and not isinstance(operation, BadOperation)
    ]
    await mark_sealed(session, [operation.id for operation in done], item)
    await keep_poll_events(session, state, item, done)
    signing = {operation.wish.signing for operation in done if isinstance(operation.wish, Join | Rekey | Rehome)}
    # If another pod's key replaced ours, the membership here ends.
    authors = (state.members[state.keys[did]] for did in signing)
    replaced = {key.did for author in authors for key in author.keys[:-1]}
    weighed = [(one.id, one.author, one.wish.member) for one in done if isinstance(one.wish, SetWeight)]
    if weighed:
        await note_weighed(session, state.group, weighed, at=state.at, now=deps.clock())
    if any(isinstance(operation.wish, Join) and operation.wish.identity for operation in done):
        after_commit(session, partial(deps.signals.lacks, state.group))
    if signing:
        joined = await _number_members(session, state, signing | replaced)
        await note_joined(session, state.group, joined, item, now=deps.clock())
        await note_invited(session, state.group, _invited(state, done), now=deps.clock())


def _invited(state: GroupState, done: Sequence[Operation]) -> list[tuple[RecordId, int, int]]:
    """(join, number of the inviter, number of the new member) for each join by invitation."""
    joins = [(operation.id, operation.wish) for operation in done if isinstance(operation.wish, Join)]
    return [
        (own_id, wish.invitation.content.author, state.keys[wish.signing]) for own_id, wish in joins if wish.invitation
    ]


async def _number_members(session: AsyncSession, state: GroupState, keys: set[DidKey]) -> list[int]:
    """Store the numbers that an item gave to memberships; returns the accounts that became members."""
    joined = []
    for membership in await list_signing(session, state.group, keys):
        member = state.members[state.keys[membership.signing]]
        ours = member.signing == membership.signing
        index = len(member.keys) - 1 if ours else membership.key_index
        number, standing = (member.number, "member") if ours else (None, "moved")
        joined += [membership.account_id] if ours and membership.number is None else []
        await set_membership(
            session, membership.account_id, state.group, number=number, state=standing, key_index=index
        )
    return joined


async def _follow_anchor(session: AsyncSession, before: View, after: View) -> None:
    settled = after.settled
    values: dict[str, object] = {"anchor_id": after.anchor, "anchor_height": settled.height}
    values |= await keep_settled(session, before, after)
    await set_group(session, settled.group, **values)
    if before.forks:
        passed = frozenset(path_to(before.nodes, after.anchor))
        lost = [item for item in before.nodes if item not in passed and item not in after.nodes]
        evidence = {item for fault in after.faults for item in (fault.first, fault.second)}
        await drop_items(session, [item for item in lost if item in evidence], forget=False)
        await drop_items(session, [item for item in lost if item not in evidence], forget=True)
        await delete_side_logs(session, lost)


def stored_item(
    record: Record, state: GroupState, void: Sequence[tuple[int, Refused]] = (), parent: GroupState | None = None
) -> StoredItem:
    """An item as it is stored, with the state after it and its void operations; `parent`: the state before it."""
    content = record.content
    assert isinstance(content, GroupRoot | Seal | Handover)
    return StoredItem(
        id=record.id,
        group_id=record.group,
        parent_id=content.parent,
        height=state.height,
        term=state.term,
        type=record.type,
        at=state.at,
        log_size=state.log.size,
        wire=record.wire,
        void=dump_void(void),
        was=json.encode(weights_before(content, void, parent)).decode() if parent else "{}",
    )


def weights_before(
    item: GroupRoot | Seal | Handover, void: Sequence[tuple[int, Refused]], state: GroupState
) -> dict[int, int]:
    """For each applied set-weight, by its position in the item, the weight that it replaced."""
    refused = {position for position, _ in void}
    was: dict[int, int] = {}
    now: dict[int, int] = {}
    for position, operation in enumerate(item.operations):
        wish = None if isinstance(operation, BadOperation) or position in refused else operation.wish
        if isinstance(wish, SetWeight) and (member := state.members.get(wish.member)) is not None:
            was[position] = now.get(wish.member, member.weight)
            now[wish.member] = wish.weight
    return was
