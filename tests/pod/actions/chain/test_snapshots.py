"""What is kept of a settled state is that state, whatever its items did, and costs what they changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.groups.groups_and_items import load_group, set_group
from models.groups.records import load_records
from models.groups.settled_members import delete_settled, load_settled
from pod.actions.chain import snapshots
from pod.actions.chain.door import append
from pod.actions.chain.lone_recovery import take_recovery
from pod.actions.chain.sealing import confirm_head
from pod.actions.chain.sealing import seal as seal_here
from pod.actions.chain.snapshots import load_base
from pod.actions.chain.views import find_view
from pod.deps import Deps
from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState
from tests.bench.unsettled import LoneSteward
from tests.support.community import (
    START,
    Person,
    a_community,
    ack,
    invited,
    join,
    kept,
    kept_as_one,
    operation,
    pod_key,
    recovered,
    rehomed,
    seal,
)
from tests.support.sinks import SetClock, some_parts
from tests.support.tables import copy_tables


class Steward:
    """The pod of a lone keeper."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.group = a_community("kept", 2, others_weight=1000)
        self.id = RecordId(self.group.now.group)
        deps.identity.keyring.pod_key = pod_key(self.group.people[0].pod)

    async def settle(self, *operations: JsonObject) -> GroupState:
        """Seal and confirm these; the settled state."""

        async def action(session: AsyncSession) -> None:
            now = self.deps.clock()
            for wish in operations:
                await append(session, self.deps, open_record(wish), origin="", now=now)
            assert await seal_here(session, self.deps, self.id, now=now)
            await confirm_head(session, self.deps, self.id, now=now)

        await self.deps.store.write(action)
        view = await find_view(self.deps, self.id)
        assert view.head == view.anchor
        return view.settled

    async def bring(self, record: Record) -> None:
        """Another pod delivers a record."""
        append_it = partial(append, deps=self.deps, record=record, origin="https://anew.example", now=self.deps.clock())
        await self.deps.store.write(append_it)

    async def state_of(self, record: Record) -> str:
        async with self.deps.store.database.read() as session:
            return (await load_records(session, [record.id]))[record.id].state

    async def kept(self, *known: GroupState) -> GroupState:
        """The settled state as it is kept, for a process that knows these states."""
        async with self.deps.store.database.read() as session:
            stored = await load_group(session, self.id)
            assert stored is not None
            return await load_base(session, stored, known)

    async def read(self, *known: GroupState) -> int:
        """How many rows of members and invitations that takes."""
        rows: list[int] = []

        async def counted(*args: Any, **options: Any) -> tuple[list[bytes], dict[RecordId, int]]:
            members, uses = await load_settled(*args, **options)
            rows.append(len(members) + len(uses))
            return members, uses

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(snapshots, "load_settled", counted)
            await self.kept(*known)
        return sum(rows)


@pytest.fixture
async def steward(tmp_path: Path) -> AsyncIterator[Steward]:
    database = await open_database(copy_tables(tmp_path / "pod.db"), durable=False)
    async with some_parts(database, tmp_path, SetClock(a_community("kept", 1).now.at + 60_000)) as deps:
        made = Steward(deps)
        await LoneSteward(deps, made.group).take(made.group.records)
        yield made
    await database.close()


async def test_k5_what_is_kept_of_members_follows_each_item(steward: Steward) -> None:
    ada, bo = steward.group.people
    group, cy = steward.id, Person("cy", "third", 3, counter=1)
    assert await steward.kept() == (await find_view(steward.deps, group)).settled
    for wishes in (
        [join(group, cy)],
        [invited(group, ada, Person("dag", "third", 4)), join(group, Person("eva", "fourth", 5))],
        [operation(group, ada, "set-weight", {"member": 3, "weight": -500})],
        [rehomed(group, bo, "elsewhere")],
        [operation(group, cy, "leave", {})],
    ):
        assert await steward.settle(*wishes) == await steward.kept()


async def test_k5_a_process_that_was_outdated_reads_what_changed_since(steward: Steward) -> None:
    ada, bo = steward.group.people
    states = [await steward.kept()]
    for number, wishes in enumerate(
        (
            [join(steward.id, Person("cy", "third", 3))],
            [invited(steward.id, ada, Person("dag", "third", 4)), join(steward.id, Person("eva", "fourth", 5))],
            [operation(steward.id, ada, "set-weight", {"member": 3, "weight": -500})],
            [rehomed(steward.id, bo, "elsewhere")],
        )
    ):
        assert number < len(states)
        states.append(await steward.settle(*wishes))

    now = states[-1]
    assert [await steward.kept(state) == now for state in states] == [True] * len(states)
    assert [kept(state) == state for state in states] == [True] * len(states)
    read = [await steward.read(state) for state in (*states[1:], states[0])]
    # The last two items changed ada, cy and bo; the one before let two join, by one invitation.
    assert read == [6, 3, 1, 0, 6]


async def test_k5_a_state_that_the_store_lacks_is_no_beginning(steward: Steward) -> None:
    before = await steward.kept()
    other = a_community("another", 3).now
    ahead = replace(before, height=before.height + 1)

    assert await steward.kept(other, ahead) == before
    assert await steward.read(other, ahead) == len(before.members) + len(before.invitations)


async def test_what_an_older_version_kept_as_one_is_read_and_written_anew(steward: Steward) -> None:
    settled = await steward.settle(join(steward.id, Person("cy", "third", 3)))

    async def as_before(session: AsyncSession) -> None:
        await delete_settled(session, steward.id)
        await set_group(session, steward.id, snapshot=kept_as_one(settled), snapshot_item=steward.id)

    await steward.deps.store.write(as_before)
    assert await steward.kept() == settled
    assert await steward.settle(join(steward.id, Person("dag", "third", 4))) == await steward.kept()


async def test_k5_what_is_written_of_members_is_what_changed(steward: Steward, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    async def counted(
        session: AsyncSession, group: RecordId, members: dict[int, bytes], uses: object, *, height: int
    ) -> None:
        del session, group, uses, height
        written.append(len(members))

    monkeypatch.setattr(snapshots, "put_settled", counted)
    for number in range(3, 9):
        await steward.settle(join(steward.id, Person(f"p{number}", "third", number)))
    assert written == [1] * 6


async def test_a_recovery_from_below_what_was_settled_is_kept_whole(steward: Steward) -> None:
    ada, cy = steward.group.people[0], Person("cy", "third", 3)
    lost = await steward.settle(join(steward.id, cy))
    said = {"type": "Vote", "rules": 1, "group": steward.id, "author": 3, "key": 0, "counter": 9, "at": START}
    vote = open_record(sign({**said, "target": {"subject": "well"}, "value": 500}, cy.signing()))
    await steward.bring(vote)
    recovery = recovered(steward.group.now, ada, "anew")
    steward.group.add(recovery)
    seen = [*steward.group.records, ack(1, "anew", steward.group.now)]

    async def action(session: AsyncSession) -> bool:
        return await take_recovery(session, steward.deps, steward.id, seen)

    assert await steward.deps.store.write(action)
    settled = (await find_view(steward.deps, steward.id)).settled
    assert (settled.head, sorted(settled.members)) == (recovery.id, [1, 2])
    assert await steward.kept() == await steward.kept(lost) == settled
    assert await steward.state_of(vote) == "refused"
    # The join is sealed again there, by the new steward, and with it what its author wrote counts.
    again = seal(settled, "anew", [join(steward.id, cy)])
    await steward.bring(again)
    assert await steward.state_of(vote) == "pending"
