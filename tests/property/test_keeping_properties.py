"""Logs, partitions and recoveries (protocol §6): what keepers and people rely on, each with a fault it must find."""

import sys
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import chain, keeping
from protocol.branches import resolve, weighing
from protocol.chain import follow, found
from protocol.errors import BrokenItemError, NotConfirmedError
from protocol.ids import id_from_digest
from protocol.keeping import LogFindings, SeatMemory
from protocol.log import Frontier, leaf_hash
from protocol.records.chain import TreeHead
from protocol.records.envelope import Record
from protocol.state import GroupState, state_hash
from tests.property import simulation
from tests.property.faults import Fault, must_find, seed
from tests.property.simulation import KINDS, World, a_world
from tests.support import community
from tests.support.community import a_community, pod_key, recovered, seat

SEEDS = st.integers(0, 2**32)
BY_SEED: dict[str, Any] = {"seed": SEEDS}
WORLDS: dict[str, Any] = {"world": st.builds(a_world, SEEDS, st.sampled_from(KINDS))}

GENUINE = "a rewritten, shrunk or invented log is never confirmed by an honest keeper"
HEALED = "after any partition and heal equal id sets and equal states; pull costs O(new)"
REPLACED = "a replaced recovery key never moves a pod anchored after its replacement"
ALWAYS = "a recovery at n=1 is always possible"


def tree_head_of(frontier: Frontier) -> TreeHead:
    return TreeHead(frontier.size, frontier.root().hex())


def confirms(state: GroupState, item: Record, frontier: Frontier, entries: list[bytes]) -> bool:
    """Whether a keeper that holds the log up to `frontier`, and was given `entries` for the rest, confirms `item`."""
    try:
        view = fed_one(state, item)
        after = view.nodes[item.id].state
        mine = frontier.append_many(entries)
        findings = LogFindings(
            complete=mine.size == after.log.size, root_matches=tree_head_of(mine).root == after.log.root
        )
        memory = SeatMemory(pod_key("log-pod-1").did)
        keeping.check_confirm(memory, view, item.id, findings, now=after.at)
    except (BrokenItemError, NotConfirmedError):
        return False
    return True


def fed_one(state: GroupState, item: Record) -> Any:
    view = resolve(state, [item])
    if item.id not in view.nodes:
        follow(state, item)
    return view


def check_only_the_genuine_log_is_confirmed(seed: int) -> None:
    """The steward commits to what it likes, and hands over the entries that fit best."""
    rng = Random(seed)
    group = a_community("log", 1)
    ids = [community.seed_of("entry", rng.random()) for _ in range(rng.randrange(2, 12))]
    leaves = [leaf_hash(id_from_digest(digest)) for digest in ids]
    cut = rng.randrange(1, len(leaves))
    frontier = Frontier().append_many(leaves[:cut])
    first = community.seal(group.now, "log-pod-1", log=tree_head_of(frontier))
    state = follow(group.now, first).state

    def sealed(log: Frontier) -> Record:
        return community.seal(state, "log-pod-1", log=tree_head_of(log))

    honest = Frontier().append_many(leaves)
    stranger, at = leaf_hash(id_from_digest(community.seed_of("stranger"))), rng.randrange(cut)
    rewritten = Frontier().append_many([*leaves[:at], stranger, *leaves[at + 1 :]])
    shrunk = Frontier().append_many(leaves[:at])
    invented = honest.append(stranger)
    assert confirms(state, sealed(honest), frontier, leaves[cut:])
    assert not confirms(state, sealed(rewritten), frontier, leaves[cut:])
    assert not confirms(state, sealed(shrunk), Frontier().append_many(leaves[:at]), [])
    assert not confirms(state, sealed(invented), frontier, leaves[cut:])


def check_a_healed_partition_leaves_no_difference(world: World) -> None:
    """After everybody pulled from everybody, all hold the same, and pulling again brings nothing."""
    world.under_way = []
    world.heal()
    living = [pod for pod in world.pods if pod.alive]
    assert len({frozenset(pod.records) for pod in living}) == 1
    honest = [pod.view for pod in world.honest()]
    assert len({(view.head, state_hash(view.state), view.settled.height) for view in honest}) == 1
    for pod in living:
        for other in living:
            if other is not pod:
                assert simulation.unseen(pod, other) == []


def check_a_lone_keeper_can_always_recover(seed: int) -> None:
    """Whatever set of keepers the lone one followed: what settled it is what a recovery needs."""
    rng = Random(seed)
    count = rng.choice((1, 3))
    group = community.kept_by_all("alone", count)
    me = group.people[0]
    if count > 1:  # two hand over to the one, and go; only their acks remain
        keys = [pod_key(one.pod) for one in group.people[:2]]
        acks = [community.ack(one.number, one.pod, group.now) for one in group.people]
        founder_shown = [one.body for one in acks]
        group.add(community.handover(group.now, me.pod, [seat(1, me.pod)], keys, acks=founder_shown))
        group.confirmed(*group.people)
    for number in range(rng.randrange(3)):
        group.add(community.seal(group.now, me.pod, at=group.now.at + number))
        group.confirmed(me)
    state = group.now
    view = resolve(found(group.records[0]).state, group.records)
    assert view.anchor == state.head
    trail = [one.body for one in group.records if one.type == "Ack" and one.content.item in state.trail]  # type: ignore[union-attr]
    move = recovered(state, me, "refuge", acks=trail)
    try:
        moved = follow(state, move).state
    except BrokenItemError as refusal:
        raise AssertionError(str(refusal)) from refusal
    everything = [*group.records, move, community.ack(1, "refuge", moved)]
    rng.shuffle(everything)
    assert resolve(found(group.records[0]).state, everything).anchor == move.id


def check_a_replaced_recovery_key_moves_nobody(seed: int) -> None:
    """Who holds the old phrase may build any number of recoveries below the one that replaced its key."""
    rng = Random(seed)
    group = a_community("moved", 1)
    me, thief = group.people[0], community.Person(group.people[0].name, "x")
    base = state = group.now
    for number in range(rng.randrange(3)):
        group.add(community.seal(group.now, me.pod, at=state.at + number))
        group.confirmed(me)
    move = recovered(group.now, me, "refuge")
    moved = follow(group.now, move).state
    records = [*group.records[1:], move, community.ack(1, "refuge", moved)]
    anchored_there = resolve(base, records)
    assert anchored_there.anchor == move.id
    lie, pod = rng.choice((base, group.now)), "lair"
    for _ in range(rng.randrange(2, 4)):
        moves = [community.rehomed(state.group, thief, pod)]
        seats, keys = [seat(1, pod)], [thief.recovery()]
        stolen = community.handover(lie, pod, seats, keys, moves, term=chain.next_epoch(lie.term))
        lie = follow(lie, stolen).state
        records += [stolen, community.ack(1, pod, lie)]
        pod += "-on"
    rng.shuffle(records)
    assert resolve(base, records, move.id).anchor == move.id


CHECKS: list[tuple[Callable[..., None], dict[str, Any]]] = [
    (check_only_the_genuine_log_is_confirmed, BY_SEED),
    (check_a_healed_partition_leaves_no_difference, WORLDS),
    (check_a_lone_keeper_can_always_recover, BY_SEED),
    (check_a_replaced_recovery_key_moves_nobody, BY_SEED),
]


@pytest.mark.parametrize(("check", "strategies"), CHECKS, ids=[check.__name__ for check, _ in CHECKS])
def test_for_all(check: Callable[..., None], strategies: dict[str, Any]) -> None:
    settings(max_examples=40, derandomize=True)(given(**strategies)(check))()


def _of_a_known_item_only(view: Any, ack: Any) -> Any:
    return RIGHT_NOTED(view, ack) if ack.item in view.nodes else view


def _by_any_recovery_key(anchor: GroupState, node: Any) -> bool:
    keys = {*anchor.members[1].recovery, recovered_key_of_old()}
    return bool(keys & set(node.signers)) and node.state.epoch > anchor.epoch


def recovered_key_of_old() -> str:
    return str(community.derived("moved 1", "recovery", 0).did)


def _nobody_checks(memory: Any, state: Any, findings: Any, *, now: int) -> None:
    del memory, state, findings, now


def _all_again(pod: Any, source: Any) -> list[Record]:
    del pod
    return list(source.arrived)


resolving_module = sys.modules["protocol.branches.resolve"]
RIGHT_NOTED = resolving_module._noted
SEEDED: list[tuple[Fault, Callable[..., None], dict[str, Any]]] = [
    (
        seed("any log is confirmed", GENUINE, keeping, "check_presentable", _nobody_checks),
        check_only_the_genuine_log_is_confirmed,
        BY_SEED,
    ),
    (
        seed("acks before their item are lost", HEALED, resolving_module, "_noted", _of_a_known_item_only),
        check_a_healed_partition_leaves_no_difference,
        WORLDS,
    ),
    (
        seed("everything is pulled again", HEALED, simulation, "unseen", _all_again),
        check_a_healed_partition_leaves_no_difference,
        WORLDS,
    ),
    (
        seed("acks in items show nothing", ALWAYS, chain, "_still_unshown", lambda state, _: state.earlier),
        check_a_lone_keeper_can_always_recover,
        BY_SEED,
    ),
    (
        seed("a replaced key still moves", REPLACED, weighing, "may_move", _by_any_recovery_key),
        check_a_replaced_recovery_key_moves_nobody,
        BY_SEED,
    ),
]


@pytest.mark.parametrize(("fault", "check", "strategies"), SEEDED, ids=[fault.name for fault, _, _ in SEEDED])
def test_the_property_finds_the_seeded_fault(fault: Fault, check: Callable[..., None], strategies: Any) -> None:
    must_find(fault, check, strategies, max_examples=200)
